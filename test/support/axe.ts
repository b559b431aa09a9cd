/** axe-core on an open page, as it is really painted. Runs past the page's own policy, which lets in no script of others. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { z } from 'zod';

/** Rules of WCAG 2.2 A and AA, and what its authors hold for good practice. */
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const found = z.object({
  violations: z.array(
    z.object({
      id: z.string(),
      impact: z.string().nullish(),
      help: z.string(),
      nodes: z.array(z.object({ html: z.string(), failureSummary: z.string().optional() })),
    }),
  ),
});

/** What axe-core finds serious or critical, a line each: the rule, what it asks for, and where. Empty when all is well. */
export async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const options = JSON.stringify({ runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] });
  const { violations } = found.parse(await page.evaluate(`axe.run(document, ${options})`));
  return violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .flatMap((v) =>
      v.nodes.map((n) => `${v.id} (${v.help}): ${n.html.slice(0, 200)} · ${n.failureSummary?.replace(/\s+/g, ' ')}`),
    );
}
