/**
 * The workflow code as workers take it: one file, which takes seconds to make, kept for every worker of the same sources.
 * Its name has the sum of all they consist of, so code that has changed has another, and its own sum, so one that a full
 * disk cut short is not taken.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { intoPlace } from './tools.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const workflowsPath = join(root, 'src', 'workflows', 'index.ts');
/** Where bundles are kept. */
export const bundles = join(root, 'dist', 'workflows');

/** For `Worker.create({ workflowBundle })`; made when `folder` has none. With the failure converter that the worker has. */
export async function workflowBundle(
  failureConverterPath?: string,
  folder = bundles,
): Promise<{ codePath: string } | { code: string }> {
  const stem = bundleStem(root, failureConverterPath);
  const kept = whole(folder, stem);
  if (kept) return { codePath: kept };
  const { code } = await bundleWorkflowCode({
    ...{ workflowsPath, logger: new DefaultLogger('ERROR') },
    ...(failureConverterPath && { failureConverterPath }),
  });
  const codePath = join(folder, `${stem}.${sumOf(code)}.js`);
  try {
    await intoPlace(codePath, async (unfinished) => {
      const made = join(unfinished, basename(codePath));
      writeFileSync(made, code, { flush: true });
      return made;
    });
  } catch (error) {
    if (!mayNotWrite(error)) throw error;
    return { code };
  }
  removeOlder(folder, stem);
  return { codePath };
}

/** What the name of these sources' bundle begins with. */
export function bundleStem(root: string, failureConverterPath?: string): string {
  const sum = createHash('sha256');
  const take = (path: string): void =>
    void sum
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  // The packages, by their exact versions.
  take('package-lock.json');
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  for (const file of files.filter(isSource).sort()) take(join('src', file));
  const kind = failureConverterPath === undefined ? '' : `-${basename(failureConverterPath, '.mjs')}`;
  return sum.digest('hex').slice(0, 32) + kind;
}

const isSource = (file: string): boolean => /\.(ts|tsx|mjs|js)$/.test(file) && !/\.test\.tsx?$/.test(file);

const sumOf = (code: string | Buffer): string => createHash('sha256').update(code).digest('hex').slice(0, 16);

/** The bundle of this name that is as it was written. */
function whole(folder: string, stem: string): string | undefined {
  const name = namesIn(folder).find(
    (file) => file.startsWith(`${stem}.`) && file === `${stem}.${sumOf(readFileSync(join(folder, file)))}.js`,
  );
  return name && join(folder, name);
}

function removeOlder(folder: string, stem: string): void {
  const [sum = ''] = stem.split('-');
  for (const file of namesIn(folder)) if (!file.startsWith(sum)) rmSync(join(folder, file), { force: true });
}

const namesIn = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.js')) : [];

/** As in a container: whoever runs there has the bundle from the image, or makes it at each start. */
const mayNotWrite = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['EACCES', 'EPERM', 'EROFS', 'ENOSPC'].includes(String(error.code));
