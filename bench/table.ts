/** What a bench found: a table with ratios, and whether it is what was wanted. */
export interface Table {
  readonly title: string;
  /** What was done, in a sentence or more. */
  readonly about: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly targets: readonly Target[];
  /** For the plot: milliseconds. */
  readonly bars?: readonly { readonly name: string; readonly ms: number }[];
}

export interface Target {
  readonly what: string;
  readonly is: number;
  readonly wanted: { readonly atMost: number } | { readonly atLeast: number };
}

export const isMet = ({ is, wanted }: Target): boolean =>
  'atMost' in wanted ? is <= wanted.atMost : is >= wanted.atLeast;

/** The value that this share of the measurements does not exceed. */
export function at(of: readonly number[] | undefined, share: number): number {
  const sorted = (of ?? []).toSorted((a, b) => a - b);
  return sorted[Math.floor(share * sorted.length)] ?? Number.NaN;
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** Markdown. */
export function toMarkdown({ title, about, head, rows, targets }: Table): string {
  const told = targets.map((target) => {
    const { what, is, wanted } = target;
    const bound = 'atMost' in wanted ? `at most ${wanted.atMost}` : `at least ${wanted.atLeast}`;
    return `- ${what}: ${is.toFixed(2)}, wanted ${bound}. ${isMet(target) ? 'Met.' : '**Missed.**'}`;
  });
  return [`## ${title}`, '', about, '', row(head), row(head.map(() => '---')), ...rows.map(row), '', ...told]
    .join('\n')
    .trimEnd();
}
