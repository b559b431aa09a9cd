/** Temporal alone: the smallest workflow that does the job, completed by one update. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { newId } from '../../src/platform/ids.ts';
import { launch, type Running } from '../../src/platform/processes.ts';
import { connectClient } from '../../src/platform/temporal-connection.ts';
import { inTurns, killAll, untilWorks } from './contender.ts';
import type { Result } from './temporal-workflow.ts';

const taskQueue = 'compare';

export interface BareTemporal {
  waiting(count: number): Promise<string[]>;
  complete(task: string): Promise<void>;
  /** Of its worker. */
  pid(): number;
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** On a Temporal that runs, with a worker of its own. `folder` takes the worker's log. */
export async function startBareTemporal(temporalAddress: string, folder: string): Promise<BareTemporal> {
  const client: Client = connectClient({ temporalAddress, temporalNamespace: 'default' });
  const launchWorker = (): Promise<Running> =>
    launch({
      command: process.execPath,
      args: [
        ...['--import', import.meta.resolve('tsx'), fileURLToPath(new URL('./temporal-worker.ts', import.meta.url))],
        ...[temporalAddress, taskQueue],
      ],
      env: { NODE_ENV: 'production' },
      logFile: join(folder, 'bare-worker.log'),
      graceMs: 10_000,
    });
  let worker = await launchWorker();
  const bare: BareTemporal = {
    async waiting(count) {
      const ids = Array.from({ length: count }, () => newId('task'));
      await inTurns(ids, async (workflowId) => {
        await client.workflow.start<() => Promise<Result>>('task', { taskQueue, workflowId, args: [] });
      });
      return ids;
    },
    async complete(task) {
      const { done } = await client.withDeadline(Date.now() + 60_000, () =>
        client.workflow.getHandle(task).executeUpdate<Result, [string]>('complete', { args: ['yes'] }),
      );
      if (!done) throw new Error(`${task} was not completed`);
    },
    pid: () => worker.pid,
    kill: () => killAll(worker),
    async start() {
      worker = await launchWorker();
    },
    async stop() {
      await worker.stop();
      await client.connection.close();
    },
  };
  await untilWorks(async () => {
    for (const task of await bare.waiting(1)) await bare.complete(task);
  });
  return bare;
}
