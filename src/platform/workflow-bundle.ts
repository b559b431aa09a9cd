/**
 * The workflow code as workers take it: one file, which takes seconds to make, kept for every worker of the same sources.
 * Its name is the sum of all they consist of, so code that has changed has another, and an old one is never taken.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { intoPlace } from './tools.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** For `Worker.create({ workflowBundle })`; made when it is not there yet. With the failure converter that the worker has. */
export async function workflowBundle(
  workflowsPath: string,
  failureConverterPath?: string,
): Promise<{ codePath: string } | { code: string }> {
  const codePath = bundleFile(root, failureConverterPath);
  if (existsSync(codePath)) return { codePath };
  const { code } = await bundleWorkflowCode({
    ...{ workflowsPath, logger: new DefaultLogger('ERROR') },
    ...(failureConverterPath && { failureConverterPath }),
  });
  try {
    await intoPlace(codePath, async (folder) => {
      const made = join(folder, basename(codePath));
      writeFileSync(made, code);
      return made;
    });
  } catch (error) {
    if (!mayNotWrite(error)) throw error;
    return { code };
  }
  removeOlder(codePath);
  return { codePath };
}

/** Where the bundle of these sources lies, or would. */
export function bundleFile(root: string, failureConverterPath?: string): string {
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
  return join(root, 'dist', 'workflows', `${sum.digest('hex').slice(0, 32)}${kind}.js`);
}

const isSource = (file: string): boolean => /\.(ts|tsx|mjs|js)$/.test(file) && !/\.test\.tsx?$/.test(file);

function removeOlder(codePath: string): void {
  const folder = dirname(codePath);
  const [sum = ''] = basename(codePath).split(/[-.]/);
  for (const file of readdirSync(folder)) {
    if (file.endsWith('.js') && !file.startsWith(sum)) rmSync(join(folder, file), { force: true });
  }
}

/** As in a container: whoever runs there has the bundle from the image, or makes it at each start. */
const mayNotWrite = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['EACCES', 'EPERM', 'EROFS'].includes(String(error.code));
