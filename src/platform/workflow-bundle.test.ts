import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { failureConverterPath } from './temporal-connection.ts';
import { bundleFile, workflowBundle } from './workflow-bundle.ts';

const root = mkdtempSync(join(tmpdir(), 'booflow-sources-'));
afterAll(() => rmSync(root, { recursive: true }));
const write = (path: string, text: string): void => {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
};

describe('the name of a bundle', () => {
  it('is another after any change to a source or a package, and the same again when it is taken back', () => {
    write('package-lock.json', '{}');
    write('src/workflows/index.ts', 'export {};');
    write('src/domain/a.ts', 'export const a = 1;');
    const before = bundleFile(root);
    const names = [before];
    for (const [path, text, back] of [
      ['package-lock.json', '{"a": 1}', '{}'],
      ['src/workflows/index.ts', 'export { };', 'export {};'],
      ['src/domain/a.ts', 'export const a = 2;', 'export const a = 1;'],
    ] as const) {
      write(path, text);
      names.push(bundleFile(root));
      write(path, back);
      expect(bundleFile(root)).toBe(before);
    }
    write('src/domain/b.ts', '');
    names.push(bundleFile(root), bundleFile(root, failureConverterPath));
    rmSync(join(root, 'src/domain/b.ts'));
    write('src/domain/deep/a.ts', '');
    names.push(bundleFile(root));
    expect(new Set(names).size).toBe(names.length);
  });

  it('is the same whatever its tests say, which the image has not', () => {
    const before = bundleFile(root);
    write('src/domain/a.test.ts', 'it("is tested")');
    expect(bundleFile(root)).toBe(before);
  });
});

it('a bundle is made once, and found from then on; with the failure converter it is another', async () => {
  const workflows = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));
  const [plain, encrypted] = [await workflowBundle(workflows), await workflowBundle(workflows, failureConverterPath)];
  if (!('codePath' in plain && 'codePath' in encrypted)) throw new Error('dist/ can not be written.');
  const { mtimeMs } = statSync(plain.codePath);
  expect(await workflowBundle(workflows)).toEqual(plain);
  expect(statSync(plain.codePath).mtimeMs).toBe(mtimeMs);
  const [one, other] = [plain, encrypted].map(({ codePath }) => readFileSync(codePath, 'utf8'));
  expect(one).toContain('flowWorkflow');
  expect(one).not.toContain('encodeCommonAttributes: true');
  expect(other).toContain('encodeCommonAttributes: true');
});
