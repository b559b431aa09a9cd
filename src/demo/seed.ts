/** Makes the demo world: orgs, people, templates, and a few flows by the same commands as anyone's. */
export interface SeedOptions {
  /** Of the role that owns the tables. */
  readonly databaseUrl: string;
  /** host:port */
  readonly temporalAddress: string;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly publicUrl: string;
}

/** Any number of times: what is there already stays. Needs a worker on the task queue. */
export async function seedDemo(_options: SeedOptions): Promise<void> {}
