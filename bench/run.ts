/**
 * `npm run bench`: everything measured, in one run, into docs/performance.md and its plot. `-- --only command,lists` prints
 * those alone and writes nothing; `--quick` measures the comparison less often. A target that is missed is said, and is no failure.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { openAsOwner } from '../src/db/database.ts';
import { temporalCliVersion } from '../src/platform/temporal-cli.ts';
import { commands } from './command.ts';
import { type Comparison, compare, usual } from './compare/compare.ts';
import { compareNotes } from './compare/notes.ts';
import { tableOf } from './compare/table.ts';
import { crowd } from './crowd.ts';
import { history } from './history.ts';
import { lists } from './lists.ts';
import { liveFlows } from './live-flows.ts';
import { oneFlow } from './one-flow.ts';
import { bars } from './plot.ts';
import { type Site, startSite } from './site.ts';
import { stagesOf } from './stages.ts';
import { isMet, type Table, toMarkdown } from './table.ts';

const benches: Readonly<Record<string, (site: Site) => Promise<Table>>> = {
  command: commands,
  stages: stagesOf,
  crowd,
  lists,
  flow: oneFlow,
  history,
  live: liveFlows,
};

const { values } = parseArgs({ options: { only: { type: 'string' }, quick: { type: 'boolean', default: false } } });
const asked = values.only?.split(',') ?? Object.keys(benches);
const unknown = asked.find((name) => !(name in benches));
if (unknown !== undefined) {
  console.error(`There is no bench "${unknown}". There are: ${Object.keys(benches).join(', ')}.`);
  process.exit(2);
}

/** For a machine with little time. */
const fewer = { rounds: 20, each: 2, turns: 1, waiting: 20 };

const biome = fileURLToPath(new URL('../node_modules/@biomejs/biome/bin/biome', import.meta.url));
const docs = (path: string): string => fileURLToPath(new URL(`../docs/${path}`, import.meta.url));
const report = (line: string): void => console.error(`[bench] ${line}`);
const begun = performance.now();

const tables: Table[] = [];
let postgres = '';
const site = await startSite();
try {
  const owner = openAsOwner(site.product.databaseUrl);
  const { rows } = await sql<{ server_version: string }>`show server_version`.execute(owner);
  await owner.destroy();
  postgres = rows[0]?.server_version ?? '';
  for (const name of asked) {
    report(name);
    const table = await benches[name]?.(site);
    if (!table) continue;
    tables.push(table);
    console.log(`${toMarkdown(table)}\n`);
  }
} finally {
  await site.stop();
}

if (values.only === undefined) {
  // Twice: the comparison takes long, and what was measured before it should not be lost with it.
  write(null);
  write(await compare({ ...usual, ...(values.quick && fewer), report }));
}

function write(comparison: Comparison | null): void {
  const bar = tables.flatMap((table) => table.bars ?? []);
  writeFileSync(docs('images/performance.svg'), bars('A task completed, p50 of one client', bar));
  const missed = tables.flatMap((table) => table.targets).filter((target) => !isMet(target));
  const minutes = Math.ceil((performance.now() - begun) / 60_000);
  const page = [
    '# How fast it is',
    '',
    `Made by \`npm run bench${values.quick ? ' -- --quick' : ''}\` (${minutes} minutes; one part alone: \`npm run bench -- --only lists\`, ${Object.keys(benches).join(', ')}; the last one: \`npm run bench:compare\`) on ${new Date().toISOString().slice(0, 10)}: ${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}, PostgreSQL ${postgres}, Temporal's dev server (one on the path, or ${temporalCliVersion}), where nothing else is said. Everything runs on that one machine, the clients too. Milliseconds are that machine's; the ratios are what to compare.`,
    '',
    missed.length === 0
      ? 'Every target is met.'
      : `Missed: ${missed.map((target) => `${target.what} (${target.is.toFixed(2)})`).join('; ')}.`,
    '',
    '![A task completed, by the ways a command can go](images/performance.svg)',
    '',
    ...tables.flatMap((table) => [toMarkdown(table), '']),
    '## The same job by others',
    '',
    ...(comparison === null ? ['Not measured in this run; `npm run bench:compare` does.'] : compared(comparison)),
    '',
    compareNotes,
    '',
  ];
  writeFileSync(docs('performance.md'), page.join('\n'));
  execFileSync(process.execPath, [biome, 'format', '--write', docs('performance.md')], { stdio: 'ignore' });
  report(`${docs('performance.md')}, after ${minutes} minutes`);
}

function compared(comparison: Comparison): string[] {
  const against = comparison.rows.map(({ name, p50 }) => ({ name, ms: p50 }));
  writeFileSync(docs('images/performance-compared.svg'), bars('The same job by others, p50 of one client', against));
  return [
    '![The same job by others](images/performance-compared.svg)',
    '',
    'In parentheses: against the first row.',
    '',
    ...tableOf(comparison),
  ];
}
