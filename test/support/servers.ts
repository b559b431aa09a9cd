/** Where the servers are that all test files share. See `global-setup.ts`. */
import { inject } from 'vitest';
import { z } from 'zod';

const database = z.object({ url: z.string(), template: z.string() });
const refusal = z.object({ message: z.string() });

async function ask<T>(path: string, answer: z.ZodType<T>): Promise<T> {
  const reply = await fetch(`${inject('servers')}${path}`);
  const body: unknown = await reply.json();
  if (!reply.ok) throw new Error(refusal.parse(body).message);
  return answer.parse(body);
}

/** The shared PostgreSQL: the address of the role that may do everything, and the migrated database to copy. */
export const sharedPostgres = () => ask('/postgres', database);

/** The same PostgreSQL, and a database to copy that has the demo's orgs, people and templates too. */
export const sharedDemo = () => ask('/demo', database);

/** The shared Temporal dev server; our search attributes are known to it. Use task queues and ids of your own. */
export const sharedTemporal = () => ask('/temporal', z.object({ address: z.string(), namespace: z.string() }));

/** The bundled workflow code, for `Worker.create({ workflowBundle })`. */
export const sharedWorkflows = () => ask('/workflows', z.object({ codePath: z.string() }));
