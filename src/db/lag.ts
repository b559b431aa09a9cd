/**
 * What was told before the read model has it. Whoever looks into an org's rows waits the moment until they have what
 * anybody was told: docs/decisions/0017.
 */

/** The versions of these flows that the rows have; nothing of a flow that they do not know. */
type Look = (flowIds: readonly string[]) => Promise<ReadonlyMap<string, number>>;

interface Behind {
  readonly version: number;
  /** By `performance.now()`. */
  readonly since: number;
  /** Nobody waits for it any more: it is a matter of seconds, as after a worker was killed. */
  late: boolean;
  /** Comes when it is not behind any more, or is late. */
  readonly over: Promise<void>;
  readonly end: () => void;
}

/**
 * In milliseconds, from the moment that it was told. After each the rows are looked at, for news of them may be lost, and may
 * come before what it is the news of. After the last it is late.
 */
const looks = [100, 300, 700];

/** How long something is known to be behind, in milliseconds. */
const knownMs = 30_000;

export class Lag {
  /** By org, by flow. */
  readonly #behind = new Map<string, Map<string, Behind>>();

  /** Somebody was told what the flow is with this version. */
  told(orgId: string, flowId: string, version: number): void {
    const flows = this.#behind.get(orgId) ?? new Map<string, Behind>();
    const older = flows.get(flowId);
    if (older && older.version >= version) return;
    let resolve = (): void => undefined;
    const over = new Promise<void>((resolved) => {
      resolve = resolved;
    });
    const known = setTimeout(() => this.#end(orgId, flowId, behind), knownMs).unref();
    const end = (): void => {
      clearTimeout(known);
      resolve();
    };
    const behind: Behind = { version, since: performance.now(), late: false, over, end };
    this.#behind.set(orgId, flows.set(flowId, behind));
    // Whoever waits for the older one has that with the newer.
    if (older) void over.then(older.end);
  }

  /** The rows have the flow at this version. */
  projected(orgId: string, flowId: string, version: number): void {
    const behind = this.#behind.get(orgId)?.get(flowId);
    if (behind && behind.version <= version) this.#end(orgId, flowId, behind);
  }

  /** Was something told of the flow that its rows lack? */
  isBehind(orgId: string, flowId: string): boolean {
    return this.#behind.get(orgId)?.has(flowId) ?? false;
  }

  /** Waits until the rows have what was told of the org's flows until now, or that is late. */
  async caughtUp(orgId: string, look: Look): Promise<void> {
    const all = [...(this.#behind.get(orgId) ?? [])].filter(([, { late }]) => !late);
    if (all.length === 0) return;
    const over = Promise.all(all.map(([, behind]) => behind.over));
    const since = Math.max(...all.map(([, behind]) => behind.since));
    for (const ms of looks) {
      if (await comesWithin(over, since + ms - performance.now())) return;
      const versions = await look(all.map(([flowId]) => flowId));
      for (const [flowId, version] of versions) this.projected(orgId, flowId, version);
    }
    for (const [flowId, behind] of all) {
      if (this.#behind.get(orgId)?.get(flowId) !== behind) continue;
      behind.late = true;
      behind.end();
    }
  }

  /** May the org's rows lack for longer what was told? */
  isLate(orgId: string): boolean {
    return [...(this.#behind.get(orgId)?.values() ?? [])].some(({ late }) => late);
  }

  #end(orgId: string, flowId: string, behind: Behind): void {
    const flows = this.#behind.get(orgId);
    if (flows?.get(flowId) === behind) flows.delete(flowId);
    if (flows?.size === 0) this.#behind.delete(orgId);
    behind.end();
  }
}

async function comesWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, ms), false);
  });
  try {
    return await Promise.race([work.then(() => true), over]);
  } finally {
    clearTimeout(timer);
  }
}
