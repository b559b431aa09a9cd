/** Runs the examples that come in, a line each, and tells how the request that each of them made was answered. */
import { createInterface } from 'node:readline';
import { z } from 'zod';

const askedSchema = z.object({ file: z.string(), key: z.string().nullable() });

const answers: Response[] = [];
const real = globalThis.fetch;
globalThis.fetch = async (...args) => {
  const answer = await real(...args);
  answers.push(answer.clone());
  return answer;
};

for await (const line of createInterface({ input: process.stdin })) {
  const { file, key } = askedSchema.parse(JSON.parse(line));
  answers.length = 0;
  process.env.BOOFLOW_KEY = key ?? '';
  // What an example throws is told by the answer, when there was one.
  const thrown = await import(file).then(
    () => null,
    (error: unknown) => String(error),
  );
  const last = answers.at(-1);
  const text = last === undefined ? String(thrown) : await last.text();
  const told = { status: last?.status ?? 0, headers: [...(last?.headers ?? [])], text };
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
