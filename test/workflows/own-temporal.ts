/** A Temporal dev server of one's own, with limits that a test can reach. */
import { rmSync } from 'node:fs';
import { Connection } from '@temporalio/client';
import { freePort } from '../../src/platform/ports.ts';
import { ensureSearchAttributes } from '../../src/platform/search-attributes.ts';
import { obtainTemporalCli } from '../../src/platform/temporal-cli.ts';
import { startTemporal } from '../../src/platform/temporal-server.ts';
import { searchAttributes } from '../../src/workflows/contract.ts';
import { temporaryFolder } from '../support/folder.ts';
import { sharedWorkflows } from '../support/servers.ts';
import { recordEffects } from './effects.ts';
import { FlowDriver, placeAt } from './flow-driver.ts';

export interface OwnTemporal {
  /** host:port */
  readonly address: string;
  readonly namespace: string;
  stop(): Promise<void>;
}

/** Its defaults, and ours for queries, where left out. */
export interface TemporalLimits {
  /** The events of a history from which on Temporal suggests a new run. */
  readonly suggestAfter?: number;
  /** The signals that one run takes. */
  readonly signals?: number;
  /** The queries that wait for one workflow while its worker is at a task. */
  readonly queries?: number;
}

export async function ownTemporal(limits: TemporalLimits): Promise<OwnTemporal> {
  const dataDir = temporaryFolder();
  const namespace = 'default';
  const report = (line: string): void => console.error(line);
  const { address, stop } = await startTemporal({
    cli: await obtainTemporalCli(report),
    port: await freePort(),
    ...{ dataDir, namespace, report },
    dynamicConfig: {
      ...(limits.suggestAfter && { 'limit.historyCount.suggestContinueAsNew': String(limits.suggestAfter) }),
      ...(limits.signals && { 'history.maximumSignalsPerExecution': String(limits.signals) }),
      ...(limits.queries && { 'history.MaxBufferedQueryCount': String(limits.queries) }),
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

/** A driver on such a Temporal, with a worker that runs and effects that are only recorded. */
export async function driverOnOwnTemporal(
  limits: TemporalLimits,
): Promise<{ driver: FlowDriver; stop(): Promise<void> }> {
  const temporal = await ownTemporal(limits);
  const place = await placeAt(temporal.address, temporal.namespace);
  const driver = new FlowDriver({ ...place, bundle: await sharedWorkflows(), activities: recordEffects() });
  await driver.startWorker();
  return {
    driver,
    async stop() {
      await driver.stopWorker();
      await place.leave();
      await temporal.stop();
    },
  };
}
