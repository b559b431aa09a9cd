/** What is done and behind everyone folds into one node, so that a large graph shows what is still to come. */

interface Foldable {
  readonly id: string;
  readonly dependsOn: readonly string[];
}

export interface Fold {
  readonly id: string;
  /** The tasks it stands for. */
  readonly tasks: readonly string[];
}

export interface Folded<T extends Foldable> {
  /** What is left to see; arrows that led to a folded task lead to its fold. */
  readonly tasks: readonly T[];
  readonly folds: readonly (Fold & { readonly dependsOn: readonly string[] })[];
}

/** A fold of fewer would save nothing. */
const least = 3;

/**
 * Folds the done tasks that nothing open touches: from the beginning on those that only done tasks led to and follow,
 * and from the end back those that nothing more follows. Neither kind can make a circle of what it leaves.
 */
export function foldDone<T extends Foldable>(
  tasks: readonly T[],
  isDone: (task: T) => boolean,
  keep: string | null,
): Folded<T> {
  const after = new Map<string, string[]>(tasks.map((t) => [t.id, []]));
  for (const t of tasks) for (const before of t.dependsOn) after.get(before)?.push(t.id);
  const before = new Map(tasks.map((t) => [t.id, t.dependsOn.filter((id) => after.has(id))]));
  const done = new Set(tasks.filter((t) => isDone(t) && t.id !== keep).map((t) => t.id));
  const settled = [...done].filter((id) => after.get(id)?.every((next) => done.has(next)));
  const behind = closed(settled, before);
  const ended = closed(
    settled.filter((id) => !behind.has(id)),
    after,
  );
  const groups = [...connected(behind, before, after), ...connected(ended, before, after)].filter(
    (g) => g.length >= least,
  );
  const foldOf = new Map(groups.flatMap((group) => group.map((id) => [id, `fold-${group[0]}`] as const)));
  const led = (dependsOn: readonly string[], self: string | undefined) => [
    ...new Set(dependsOn.map((id) => foldOf.get(id) ?? id).filter((id) => id !== self)),
  ];
  return {
    tasks: tasks.filter((t) => !foldOf.has(t.id)).map((t) => ({ ...t, dependsOn: led(t.dependsOn, undefined) })),
    folds: groups.map((group) => {
      const id = `fold-${group[0]}`;
      return {
        id,
        tasks: group,
        dependsOn: led(
          group.flatMap((t) => before.get(t) ?? []),
          id,
        ),
      };
    }),
  };
}

/** Those whose neighbours in this direction are among them, too, all the way. */
function closed(from: readonly string[], neighbours: ReadonlyMap<string, readonly string[]>): Set<string> {
  const in_ = new Set(from);
  const queue = [...from];
  const back = new Map<string, string[]>();
  for (const [id, next] of neighbours) for (const n of next) back.set(n, [...(back.get(n) ?? []), id]);
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (!in_.has(id) || neighbours.get(id)?.every((n) => in_.has(n))) continue;
    in_.delete(id);
    queue.push(...(back.get(id) ?? []));
  }
  return in_;
}

function connected(
  among: ReadonlySet<string>,
  before: ReadonlyMap<string, readonly string[]>,
  after: ReadonlyMap<string, readonly string[]>,
): string[][] {
  const seen = new Set<string>();
  const groups: string[][] = [];
  for (const start of among) {
    if (seen.has(start)) continue;
    seen.add(start);
    const group: string[] = [];
    const queue = [start];
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      group.push(id);
      for (const next of [...(before.get(id) ?? []), ...(after.get(id) ?? [])]) {
        if (!among.has(next) || seen.has(next)) continue;
        seen.add(next);
        queue.push(next);
      }
    }
    groups.push(group);
  }
  return groups;
}
