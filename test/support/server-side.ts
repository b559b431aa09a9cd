/** The database as a server has it, and what it hears of commands. */
import { Answers } from '../../src/db/answers.ts';
import { Changes } from '../../src/db/changes.ts';
import { Database } from '../../src/db/database.ts';
import { Lag } from '../../src/db/lag.ts';
import type { GatewayOptions } from '../../src/operations/gateway.ts';
import { aheadOf } from '../../src/operations/write-ahead.ts';
import type { Keyring } from '../../src/platform/keyring.ts';

export interface ServerSide {
  readonly database: Database;
  readonly changes: Changes;
  /** How its gateway goes about commands. */
  readonly commands: Required<Pick<GatewayOptions, 'hear' | 'lag' | 'writeAhead'>>;
  /** Comes when the rows have what anybody was told until now. */
  caughtUp(): Promise<void>;
  close(): Promise<void>;
}

/** It knows whose flows something was told of. */
class KnownLag extends Lag {
  readonly orgs = new Set<string>();

  override told(orgId: string, flowId: string, version: number): void {
    this.orgs.add(orgId);
    super.told(orgId, flowId, version);
  }
}

export function serverSide(url: string, keyring: Keyring, onUnreadable: (error: unknown) => void): ServerSide {
  const lag = new KnownLag();
  const database = new Database(url, { max: 20, lag });
  const answers = new Answers(keyring, lag, onUnreadable);
  const changes = new Changes(url, () => undefined, answers);
  return {
    ...{ database, changes },
    commands: {
      hear: (command, ms) => answers.hear(command, ms),
      lag: database,
      writeAhead: aheadOf(database),
    },
    async caughtUp() {
      await Promise.all([...lag.orgs].map((orgId) => database.caughtUp(orgId)));
    },
    async close() {
      await changes.close();
      await database.close();
    },
  };
}
