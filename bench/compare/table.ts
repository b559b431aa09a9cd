/** The comparison in words, for a terminal and for the docs. */
import type { CompareRow, Comparison } from './compare.ts';

/** Lines of Markdown. Each figure is followed by its ratio to the first row's. */
export function tableOf({ how, rows, absent, versions, sync }: Comparison): string[] {
  const [first] = rows;
  const against = (value: number | null, of: (row: CompareRow) => number | null): string => {
    const base = first ? of(first) : null;
    return value === null || base === null ? '' : ` (${(value / base).toFixed(2)}×)`;
  };
  const ms = (value: number | null, of: (row: CompareRow) => number | null): string =>
    value === null ? '–' : `${value.toFixed(1)}${against(value, of)}`;
  const cpu = (parts: CompareRow['cpu']): string => {
    const all = Object.entries(parts);
    if (all.length === 0) return '–';
    const sum = all.reduce((a, [, ms]) => a + ms, 0);
    return `${sum.toFixed(1)} (${all.map(([part, used]) => `${part} ${used.toFixed(1)}`).join(', ')})`;
  };
  const seconds = (value: number | null): string => (value === null ? '–' : (value / 1_000).toFixed(1));
  return [
    `${how}.`,
    '',
    `${versions.join('; ')}. 8 kB written and synced to the same disk: p50 ${sync.p50.toFixed(1)} ms, p95 ${sync.p95.toFixed(1)} ms.`,
    '',
    '| | p50 ms | p95 ms | per second, 50 clients | processor ms a task | back after its code was killed, s | after everything was, s |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map(
      (row) =>
        `| ${row.name} | ${ms(row.p50, (r) => r.p50)} | ${ms(row.p95, (r) => r.p95)} | ${ms(row.perSecond, (r) => r.perSecond)} | ${cpu(row.cpu)} | ${seconds(row.restartCode)} | ${seconds(row.restartAll)} |`,
    ),
    ...absent.map(({ name, why }) => `| ${name}: not here, ${why.replaceAll(/[\n|]/g, ' ')} | – | – | – | – | – | – |`),
    '',
    'What is on the disk when the answer is given:',
    '',
    ...rows.map((row) => `- ${row.name}: ${row.synced}.`),
  ];
}
