/** `npm run bench:compare`: prints the comparison alone. */
import { compare, usual } from './compare.ts';
import { tableOf } from './table.ts';

const comparison = await compare({ ...usual, report: (line) => console.error(`[compare] ${line}`) });
console.log(tableOf(comparison).join('\n'));
