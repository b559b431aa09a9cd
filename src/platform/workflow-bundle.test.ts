import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { failureConverterPath } from './temporal-connection.ts';
import { bundleStem, workflowBundle } from './workflow-bundle.ts';

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
    const before = bundleStem(root);
    const names = [before];
    for (const [path, text, back] of [
      ['package-lock.json', '{"a": 1}', '{}'],
      ['src/workflows/index.ts', 'export { };', 'export {};'],
      ['src/domain/a.ts', 'export const a = 2;', 'export const a = 1;'],
    ] as const) {
      write(path, text);
      names.push(bundleStem(root));
      write(path, back);
      expect(bundleStem(root)).toBe(before);
    }
    write('src/domain/b.ts', '');
    names.push(bundleStem(root), bundleStem(root, failureConverterPath));
    rmSync(join(root, 'src/domain/b.ts'));
    write('src/domain/deep/a.ts', '');
    names.push(bundleStem(root));
    expect(new Set(names).size).toBe(names.length);
  });

  it('is the same whatever its tests say, which the image has not', () => {
    const before = bundleStem(root);
    write('src/domain/a.test.ts', 'it("is tested")');
    expect(bundleStem(root)).toBe(before);
  });
});

describe('a bundle', () => {
  const folder = join(root, 'bundles');
  const made = async (failureConverterPath?: string): Promise<string> => {
    const bundle = await workflowBundle(failureConverterPath, folder);
    if (!('codePath' in bundle)) throw new Error(`${folder} can not be written.`);
    return bundle.codePath;
  };

  it('is made once, and found from then on; with the failure converter it is another', async () => {
    const [plain, encrypted] = [await made(), await made(failureConverterPath)];
    const { mtimeMs } = statSync(plain);
    expect(await made()).toBe(plain);
    expect(statSync(plain).mtimeMs).toBe(mtimeMs);
    const [one, other] = [plain, encrypted].map((path) => readFileSync(path, 'utf8'));
    expect(one).toContain('flowWorkflow');
    expect(one).not.toContain('encodeCommonAttributes: true');
    expect(other).toContain('encodeCommonAttributes: true');
  });

  it('that was cut short, emptied or changed is made again', async () => {
    const path = await made();
    const code = readFileSync(path, 'utf8');
    for (const spoilt of [code.slice(0, code.length / 2), '', code.replace('flowWorkflow', 'slowWorkflow')]) {
      writeFileSync(path, spoilt);
      expect(readFileSync(await made(), 'utf8')).toBe(code);
    }
  });

  it('of other sources is removed when a new one is made, that of the other converter is not', async () => {
    const encrypted = await made(failureConverterPath);
    const old = join(folder, 'old.0.js');
    writeFileSync(old, '');
    writeFileSync(await made(), '');
    await made();
    expect([old, encrypted].map((path) => existsSync(path))).toEqual([false, true]);
  });
});
