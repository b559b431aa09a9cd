/** DBOS: a library in the program that serves, on a PostgreSQL of its own. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { newId } from '../../src/platform/ids.ts';
import { freePort } from '../../src/platform/ports.ts';
import { startPostgres } from '../../src/platform/postgres.ts';
import { launch } from '../../src/platform/processes.ts';
import { inTurns, killAll, post, type Stand, untilWorks } from './contender.ts';
import { beside, packagesFolder } from './packages.ts';

const version = '5.3.0';
const resultSchema = z.object({ done: z.literal(true) });

export async function startDbos(folder: string): Promise<Stand> {
  const packages = packagesFolder('dbos', { '@dbos-inc/dbos-sdk': version });
  const program = beside(packages, './dbos-app.mjs');
  const dataDir = join(folder, 'dbos');
  mkdirSync(dataDir, { mode: 0o755 });
  const [port, postgresPort] = [await freePort(), await freePort()];
  const startDatabase = () => startPostgres({ dataDir, port: postgresPort, report: () => undefined });
  const startCode = (url: string) =>
    launch({
      command: process.execPath,
      args: [program],
      env: { NODE_ENV: 'production', PORT: String(port), DBOS_SYSTEM_DATABASE_URL: url },
      logFile: join(dataDir, 'dbos.log'),
      graceMs: 5_000,
    });
  let postgres = await startDatabase();
  const { url } = postgres;
  let code = await startCode(url);
  const at = `http://127.0.0.1:${port}`;
  const waiting = async (count: number): Promise<string[]> => {
    const ids = Array.from({ length: count }, () => newId('task'));
    await inTurns(ids, async (id) => void (await post(`${at}/start/${id}`)));
    return ids;
  };
  await untilWorks(() => waiting(1));
  return {
    versions: `DBOS ${version}`,
    contenders: [
      {
        name: 'DBOS',
        synced: 'PostgreSQL commits the message, its receipt and the result, each synced (synchronous_commit=on)',
        waiting,
        complete: async (id) => void resultSchema.parse(await post(`${at}/complete/${id}`)),
        parts: () => ({ code: code.pid, PostgreSQL: postgres.pid }),
        async restartCode() {
          await killAll(code);
          code = await startCode(url);
        },
        async restartAll() {
          await killAll(code, postgres);
          postgres = await startDatabase();
          code = await startCode(url);
        },
      },
    ],
    async stop() {
      await code.stop();
      await postgres.stop();
    },
  };
}
