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
  readonly letGo: () => void;
  readonly known: NodeJS.Timeout;
}

/**
 * In milliseconds, from the moment that it was told. After each the rows are looked at, for news of them may be lost, and may
 * come before what it is the news of. After the last it is late.
 */
const looks = [100, 300, 700];

/** How long something is known to be behind, in milliseconds: what was told of an org that is deleted since never comes. */
const knownMs = 600_000;

/** Of so many flows it is known what the rows were last heard to have. */
const hadMost = 1_000;

export class Lag {
  /** By org, by flow. */
  readonly #behind = new Map<string, Map<string, Behind>>();
  /** The versions that the rows have of flows, those that were heard of last: under load an answer may be heard after its rows. */
  readonly #had = new Map<string, number>();
  /** By org: one look at a time, for all who wait. */
  readonly #looks = new Map<string, Promise<void>>();

  /** Somebody was told what the flow is with this version. */
  told(orgId: string, flowId: string, version: number): void {
    if (this.#has(orgId, flowId, version)) return;
    const flows = this.#behind.get(orgId) ?? new Map<string, Behind>();
    const older = flows.get(flowId);
    if (older && older.version >= version) return;
    let resolve = (): void => undefined;
    const over = new Promise<void>((resolved) => {
      resolve = resolved;
    });
    const known = setTimeout(() => this.#end(orgId, flowId, behind), knownMs).unref();
    // Of a flow whose rows can't be written each command would else hold up all who read the org's.
    const late = older?.late ?? false;
    const behind: Behind = { version, since: performance.now(), late, over, letGo: resolve, known };
    this.#behind.set(orgId, flows.set(flowId, behind));
    if (!older) return;
    clearTimeout(older.known);
    // Whoever waits for the older one has that with the newer.
    void over.then(older.letGo);
  }

  /** The rows have the flow at this version. */
  projected(orgId: string, flowId: string, version: number): void {
    const key = `${orgId} ${flowId}`;
    this.#had.delete(key);
    this.#had.set(key, version);
    const [longestAgo] = this.#had.keys();
    if (longestAgo !== undefined && this.#had.size > hadMost) this.#had.delete(longestAgo);
    const behind = this.#behind.get(orgId)?.get(flowId);
    if (behind && behind.version <= version) this.#end(orgId, flowId, behind);
  }

  /** Was something told of the flow that its rows lack? */
  isBehind(orgId: string, flowId: string): boolean {
    return this.#behind.get(orgId)?.has(flowId) ?? false;
  }

  /** Waits until the rows have what was told of the org's flows until now, or that is late. */
  async caughtUp(orgId: string, look: Look): Promise<void> {
    const known = [...(this.#behind.get(orgId) ?? [])];
    if (known.length === 0) return;
    const all = known.filter(([, { late }]) => !late);
    // What is late is not waited for; that it came may be news that were lost.
    if (all.length === 0) return this.#look(orgId, look);
    const over = Promise.all(all.map(([, behind]) => behind.over));
    const since = Math.max(...all.map(([, behind]) => behind.since));
    for (const ms of looks) {
      if (await comesWithin(over, since + ms - performance.now())) return;
      await this.#look(orgId, look);
    }
    for (const [flowId, { version }] of all) {
      // What was told since is later still.
      const behind = this.#behind.get(orgId)?.get(flowId);
      if (behind === undefined || this.#has(orgId, flowId, version)) continue;
      behind.late = true;
      behind.letGo();
    }
  }

  /** May the org's rows lack for longer what was told? */
  isLate(orgId: string): boolean {
    return [...(this.#behind.get(orgId)?.values() ?? [])].some(({ late }) => late);
  }

  #has(orgId: string, flowId: string, version: number): boolean {
    return (this.#had.get(`${orgId} ${flowId}`) ?? 0) >= version;
  }

  /** One that began before something was told may lack it, and then says nothing of it. */
  #look(orgId: string, look: Look): Promise<void> {
    const underWay = this.#looks.get(orgId);
    if (underWay) return underWay;
    const looking = async (): Promise<void> => {
      const versions = await look([...(this.#behind.get(orgId)?.keys() ?? [])]);
      for (const [flowId, version] of versions) this.projected(orgId, flowId, version);
    };
    const begun = looking().finally(() => this.#looks.delete(orgId));
    this.#looks.set(orgId, begun);
    return begun;
  }

  #end(orgId: string, flowId: string, behind: Behind): void {
    const flows = this.#behind.get(orgId);
    if (flows?.get(flowId) === behind) flows.delete(flowId);
    if (flows?.size === 0) this.#behind.delete(orgId);
    clearTimeout(behind.known);
    behind.letGo();
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
