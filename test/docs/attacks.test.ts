/** The table of attacks names tests that are there: each word of its last column is a test's, or a group's, name. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(`${root}docs/security-tests.md`, 'utf8');
const cells = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (-|Attack )/.test(line))
  .map(
    (line) =>
      line
        .split(' | ')
        .at(-1)
        ?.replace(/\s*\|$/, '')
        .trim() ?? '',
  );

/** In `test/security/` where no other place is named. */
const sourceOf = (name: string): string | undefined => {
  const place = [`test/security/${name}`, `test/${name}`, name].find((p) => existsSync(`${root}${p}.test.ts`));
  return place === undefined ? undefined : readFileSync(`${root}${place}.test.ts`, 'utf8');
};

it.each(cells)('%s', (cell) => {
  const [, name = '', words = ''] = /^`([\w/-]+)`(?:: (.+))?$/.exec(cell) ?? [];
  const source = sourceOf(name);
  expect(source, `no test file is called ${name}`).toBeDefined();
  expect(words.split(/ › |; |, /).filter((part) => !source?.includes(part))).toEqual([]);
});

it('reads the whole table', () => expect(cells.length).toBeGreaterThan(100));
