import { z } from 'zod';
import { findFlowsLike, recentFlows } from '../db/flows.ts';
import { usableTemplates } from '../db/templates.ts';
import { limits } from '../domain/limits.ts';
import { operation } from './operation.ts';
import { lines, plain } from './words.ts';

export const suggestedKinds = ['flow', 'template'] as const;
/** What a client's list shows at once; MCP's completions end at 100. */
const mostSuggested = 20;

export const suggestNames = operation({
  name: 'suggest_names',
  title: 'Suggest names',
  description: 'Names of flows or templates that contain what was typed so far; for completion while typing.',
  kind: 'read',
  access: 'member',
  surfaces: ['web'],
  input: z.strictObject({ kind: z.enum(suggestedKinds), part: z.string().trim().max(limits.name) }),
  output: z.object({ suggestions: z.array(z.object({ id: z.string(), name: z.string() })), more: z.boolean() }),
  async handler({ database, principal }, { kind, part }) {
    const found = await database.withOrg(principal, async (trx) => {
      if (kind === 'flow') {
        return part === '' ? recentFlows(trx, mostSuggested + 1) : findFlowsLike(trx, part, mostSuggested + 1);
      }
      const all = await usableTemplates(trx);
      return all.filter((t) => t.name.toLowerCase().includes(part.toLowerCase()));
    });
    const suggestions = found.slice(0, mostSuggested).map(({ id, name }) => ({ id, name }));
    return { suggestions, more: found.length > mostSuggested };
  },
  text: ({ suggestions }) => lines(suggestions.map((s) => `- ${plain(s.name)} · \`${s.id}\``)),
});
