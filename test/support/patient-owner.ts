/** The owner's way to the rows, which waits until they have what was told, as a server's does. */
import { type DatabaseConnection, Kysely, PostgresDialect, type PostgresDialectConfig, PostgresDriver } from 'kysely';
import pg from 'pg';
import type { Tables } from '../../src/db/schema.ts';

export const openPatiently = (url: string, untilTheyHave: () => Promise<void>): Kysely<Tables> =>
  new Kysely<Tables>({
    dialect: new PatientDialect({ pool: poolOf(url) }, untilTheyHave),
  });

function poolOf(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 1 });
  // One that is lost while nobody uses it: whoever looks next gets another.
  pool.on('error', () => undefined);
  return pool;
}

class PatientDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig;
  readonly #untilTheyHave: () => Promise<void>;

  constructor(config: PostgresDialectConfig, untilTheyHave: () => Promise<void>) {
    super(config);
    this.#config = config;
    this.#untilTheyHave = untilTheyHave;
  }

  override createDriver(): PostgresDriver {
    return new PatientDriver(this.#config, this.#untilTheyHave);
  }
}

class PatientDriver extends PostgresDriver {
  readonly #untilTheyHave: () => Promise<void>;

  constructor(config: PostgresDialectConfig, untilTheyHave: () => Promise<void>) {
    super(config);
    this.#untilTheyHave = untilTheyHave;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    await this.#untilTheyHave();
    return super.acquireConnection();
  }
}
