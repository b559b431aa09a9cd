/**
 * `npm run bench:compare [-- --write]`: prints the comparison; with `--write` its figures go to
 * `docs/performance/compare.json`, and as a page beside it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compare, usual } from './compare.ts';
import { pageOf, tableOf } from './table.ts';

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const comparison = await compare({ ...usual, report: (line) => console.error(`[compare] ${line}`) });
console.log(tableOf(comparison).join('\n'));
if (values.write) {
  const folder = fileURLToPath(new URL('../../docs/performance/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}compare.json`, `${JSON.stringify(comparison, null, 2)}\n`);
  writeFileSync(`${folder}compare.md`, pageOf(comparison));
}
