/** A Temporal dev server of one's own, which starts a new run of a workflow after few events. */
import { rmSync } from 'node:fs';
import { Connection } from '@temporalio/client';
import { freePort } from '../../src/platform/ports.ts';
import { ensureSearchAttributes } from '../../src/platform/search-attributes.ts';
import { obtainTemporalCli } from '../../src/platform/temporal-cli.ts';
import { startTemporal } from '../../src/platform/temporal-server.ts';
import { searchAttributes } from '../../src/workflows/contract.ts';
import { temporaryFolder } from '../support/folder.ts';

export interface OwnTemporal {
  /** host:port */
  readonly address: string;
  readonly namespace: string;
  stop(): Promise<void>;
}

/**
 * `suggestAfter`: the events of a history from which on Temporal suggests a new run; 4,096 by itself. `signalsMost`: the
 * signals that one run takes; 10,000 by itself. `updatesMost`: the updates; 2,000 by itself.
 */
export async function ownTemporal(
  suggestAfter: number,
  signalsMost = 10_000,
  updatesMost = 2_000,
): Promise<OwnTemporal> {
  const dataDir = temporaryFolder();
  const namespace = 'default';
  const report = (line: string): void => console.error(line);
  const { address, stop } = await startTemporal({
    cli: await obtainTemporalCli(report),
    port: await freePort(),
    ...{ dataDir, namespace, report },
    dynamicConfig: {
      'limit.historyCount.suggestContinueAsNew': String(suggestAfter),
      'history.maximumSignalsPerExecution': String(signalsMost),
      'history.maxTotalUpdates': String(updatesMost),
    },
  });
  const connection = await Connection.connect({ address });
  await ensureSearchAttributes(connection, namespace, searchAttributes);
  await connection.close();
  return {
    ...{ address, namespace },
    async stop() {
      await stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
