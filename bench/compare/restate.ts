/** Restate: a server with a log of its own, and the program with the code, which it calls. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { newId } from '../../src/platform/ids.ts';
import { freePort } from '../../src/platform/ports.ts';
import { launch } from '../../src/platform/processes.ts';
import { executableSuffix } from '../../src/platform/tools.ts';
import { inTurns, killAll, post, type Stand, untilWorks } from './contender.ts';
import { beside, packagesFolder } from './packages.ts';

const server = '1.7.12';
const sdk = '1.17.2';
const node = '24.9.0';
/** npm's names of both machine and system. */
const machine = `${process.platform}-${process.arch}`;
const resultSchema = z.object({ done: z.literal(true) });

export async function startRestate(folder: string): Promise<Stand> {
  const packages = packagesFolder('restate', {
    '@restatedev/restate-server': server,
    '@restatedev/restate-sdk': sdk,
    // The SDK wants Node 22 at least.
    [`node-${machine}`]: node,
  });
  const program = beside(packages, './restate-app.mjs');
  const bin = (of: string, name: string) => join(packages, 'node_modules', of, 'bin', name + executableSuffix);
  const dataDir = join(folder, 'restate');
  mkdirSync(dataDir);
  const [port, ingress, admin, between] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const startServer = () =>
    launch({
      command: bin(`@restatedev/restate-server-${machine}`, 'restate-server'),
      args: ['--no-logo'],
      env: {
        RESTATE_BASE_DIR: join(dataDir, 'data'),
        RESTATE_NODE_NAME: 'compare',
        RESTATE_LISTEN_MODE: 'tcp',
        RESTATE_BIND_IP: '127.0.0.1',
        RESTATE_BIND_PORT: String(between),
        RESTATE_INGRESS__BIND_PORT: String(ingress),
        RESTATE_ADMIN__BIND_PORT: String(admin),
        RESTATE_LOG_FILTER: 'warn',
        DO_NOT_TRACK: '1',
      },
      logFile: join(dataDir, 'restate.log'),
      graceMs: 15_000,
    });
  const startCode = () =>
    launch({
      command: bin(`node-${machine}`, 'node'),
      args: [program],
      env: { NODE_ENV: 'production', PORT: String(port) },
      logFile: join(dataDir, 'code.log'),
      graceMs: 5_000,
    });
  let engine = await startServer();
  let code = await startCode();
  const stop = async () => {
    await code.stop();
    await engine.stop();
  };
  const at = `http://127.0.0.1:${ingress}/task`;
  const waiting = async (count: number): Promise<string[]> => {
    const ids = Array.from({ length: count }, () => newId('task'));
    await inTurns(ids, async (id) => void (await post(`${at}/${id}/run/send`)));
    return ids;
  };
  try {
    await untilWorks(() => post(`http://127.0.0.1:${admin}/deployments`, { uri: `http://127.0.0.1:${port}` }));
    await untilWorks(() => waiting(1));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    versions: `Restate ${server} (SDK ${sdk}, Node ${node})`,
    contenders: [
      {
        name: 'Restate',
        synced: "Restate's own log, RocksDB whose write-ahead log is synced at each batch (its defaults)",
        waiting,
        complete: async (id) => void resultSchema.parse(await post(`${at}/${id}/complete`, 'yes')),
        parts: () => ({ code: code.pid, Restate: engine.pid }),
        async restartCode() {
          await killAll(code);
          code = await startCode();
        },
        async restartAll() {
          await killAll(code, engine);
          engine = await startServer();
          code = await startCode();
        },
      },
    ],
    stop,
  };
}
