/** The examples of the reference as they are shown, and how they are run: curl by a shell, TypeScript by Node. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { temporaryFolder } from '../support/folder.ts';
import type { ApiAnswer } from './ask.ts';

/** Of one call, or of the page's start, which has no TypeScript. */
export interface Shown {
  readonly curl: string;
  readonly typescript: string;
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' };
const asText = (html: string): string =>
  html.replace(/&(\w+|#39);/g, (_, name: string) => {
    const letter = entities[name];
    if (letter === undefined) throw new Error(`The reference has an entity that is not known here: ${name}`);
    return letter;
  });

/** The texts of the reference page by operation, and those of its start by `start`. */
export function shownExamples(page: string): Map<string, Shown> {
  const marks = [...page.matchAll(/<(?:article|section) id="(\w+)">/g)];
  return new Map(
    marks.flatMap((mark, n) => {
      const html = page.slice(mark.index, marks[n + 1]?.index);
      const [curl, typescript = ''] = [...html.matchAll(/<pre><code>(.*?)<\/code><\/pre>/gs)].map((m) =>
        asText(m[1] ?? ''),
      );
      return curl === undefined ? [] : [[mark[1] ?? '', { curl, typescript }]];
    }),
  );
}

const jsonOf = (text: string): Record<string, unknown> =>
  text.startsWith('{') ? z.record(z.string(), z.unknown()).parse(JSON.parse(text)) : {};

/** Beside the text nothing is said to curl: what it should show too stands in its own file of settings. */
const curlHome = temporaryFolder();
writeFileSync(join(curlHome, '.curlrc'), 'silent\nshow-error\ninclude\n');

/** Types the text into a shell, with this key. Throws with what the shell says when it can't be run, as without curl. */
export async function typed(text: string, key: string | null): Promise<ApiAnswer> {
  const env = { ...process.env, CURL_HOME: curlHome, BOOFLOW_KEY: key ?? '' };
  const out = await new Promise<string>((resolve, reject) => {
    execFile('bash', ['-c', text], { env, timeout: 20_000, maxBuffer: 2 ** 24 }, (error, stdout, stderr) =>
      error || stderr !== ''
        ? reject(
            new Error(`Typed into a shell, this did not work; curl and openssl are needed here:\n${text}\n${stderr}`),
          )
        : resolve(stdout),
    );
  });
  const [head = '', body = ''] = [out.slice(0, out.indexOf('\r\n\r\n')), out.slice(out.indexOf('\r\n\r\n') + 4)];
  const [first = '', ...lines] = head.split('\r\n');
  const headers = new Headers(
    lines.map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );
  return { status: Number(first.split(' ')[1]), headers, text: body, json: jsonOf(body) };
}

const ranSchema = z.object({
  status: z.number(),
  headers: z.array(z.tuple([z.string(), z.string()])),
  text: z.string(),
});

/** A process that runs texts of TypeScript as modules of their own. */
export interface Typescript {
  run(text: string, key: string | null): Promise<ApiAnswer>;
  stop(): Promise<void>;
}

export function startTypescript(): Typescript {
  const folder = temporaryFolder();
  const runner = fileURLToPath(new URL('./run-typescript.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), runner], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let ran = 0;
  return {
    async run(text, key) {
      const file = join(folder, `example-${++ran}.mts`);
      writeFileSync(file, text);
      child.stdin.write(`${JSON.stringify({ file, key })}\n`);
      const { value } = await answers.next();
      const { status, headers, text: body } = ranSchema.parse(JSON.parse(value ?? 'null'));
      return { status, headers: new Headers(headers), text: body, json: jsonOf(body) };
    },
    async stop() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

/** What a strict compiler says against the texts; '' when nothing. */
export async function untyped(texts: readonly string[]): Promise<string> {
  const folder = temporaryFolder();
  const files = texts.map((text, n) => {
    const file = join(folder, `example-${n}.mts`);
    writeFileSync(file, text);
    return file;
  });
  const compiler = fileURLToPath(import.meta.resolve('typescript/lib/tsc.js'));
  const types = fileURLToPath(new URL('../../node_modules/@types', import.meta.url));
  const options = [
    '--ignoreConfig',
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--target',
    'es2023',
    '--lib',
    'es2023',
    '--module',
  ];
  const args = [compiler, ...options, 'nodenext', '--typeRoots', types, '--types', 'node', ...files];
  return new Promise((resolve) => {
    execFile(process.execPath, args, (error, stdout, stderr) => resolve(error ? stdout + stderr || String(error) : ''));
  });
}
