/** Answers that read the same on any day and in any run: ids by their order, days by their distance from today. */
import { dayMs, shortDate } from '../../src/domain/dates.ts';

/** One for a whole page: the same id is the same number throughout it. */
export function stable(now = Date.now()): (text: string) => string {
  const ids = new Map<string, string>();
  const counts = new Map<string, number>();
  const days = new Map<string, string>();
  for (let d = -400; d <= 400; d++) days.set(shortDate(now + d * dayMs, now), d < 0 ? `<${d} days>` : `<+${d} days>`);
  const numbered = (id: string, prefix: string): string => {
    const known = ids.get(id);
    if (known) return known;
    const n = (counts.get(prefix) ?? 0) + 1;
    counts.set(prefix, n);
    ids.set(id, `${prefix}_${n}`);
    return `${prefix}_${n}`;
  };
  return (text) =>
    text
      .replace(/\b(fl|tk|ex|cmd)_[0-9a-z]{16}\b/g, numbered)
      .replace(/cursor `[\w-]+`/g, 'cursor `…`')
      .replace(/\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{1,2} [A-Z][a-z]{2}(?: \d{4})?/g, (day) => days.get(day) ?? day)
      // Its day depends on the hour: so many days and hours from now.
      .replace(/Likely done by .* such tasks?\./g, 'Likely done by <a day or two>; from <some> such tasks.');
}
