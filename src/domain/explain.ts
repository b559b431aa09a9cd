/** "Why is this waiting?": from the flow's end back to the people it waits on. Pure. */
import { type Flow, findTask, isResolved, type Task, waitsFor } from './flow.ts';
import { dependentsOf } from './graph.ts';

export interface Hold {
  /** READY: somebody could do it now. */
  readonly task: Task;
  /** How many open tasks wait for it, straight or through others. */
  readonly behind: number;
  /** From the task to the furthest open task behind it: the longest way that waits. The task itself comes first. */
  readonly chain: readonly Task[];
}

/** What the flow waits on, what holds up the most first. Empty when nothing is READY. */
export function explain(flow: Flow): Hold[] {
  const open = new Map(flow.tasks.filter((t) => !isResolved(t) && t.status !== 'CANCELLED').map((t) => [t.id, t]));
  const before = waitsFor(flow.tasks);
  const graph = new Map([...open.values()].map((t) => [t.id, before(t).filter((id) => open.has(id))]));
  const next = dependentsOf(graph);
  const longest = longestWays(graph, next);
  const holds = [...open.values()]
    .filter((t) => t.status === 'READY')
    .map((task) => ({ task, behind: countBehind(task.id, next), chain: wayFrom(task.id, longest, flow) }));
  return holds.sort((a, b) => b.chain.length - a.chain.length || b.behind - a.behind || dueOf(a.task) - dueOf(b.task));
}

const dueOf = (t: Task): number => t.dueAt ?? Number.POSITIVE_INFINITY;

function countBehind(from: string, next: ReadonlyMap<string, readonly string[]>): number {
  const seen = new Set<string>();
  const queue = [from];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    for (const n of next.get(id) ?? []) {
      if (!seen.has(n)) {
        seen.add(n);
        queue.push(n);
      }
    }
  }
  return seen.size;
}

interface Step {
  readonly length: number;
  readonly next: string | null;
}

/** For each node the longest way on from it. Ends are settled first, then what comes before them. */
function longestWays(
  graph: ReadonlyMap<string, readonly string[]>,
  next: ReadonlyMap<string, readonly string[]>,
): Map<string, Step> {
  const left = new Map([...graph.keys()].map((id) => [id, next.get(id)?.length ?? 0]));
  const ends = [...graph.keys()].filter((id) => left.get(id) === 0);
  const ways = new Map<string, Step>(ends.map((id) => [id, { length: 1, next: null }]));
  for (let id = ends.pop(); id !== undefined; id = ends.pop()) {
    const length = (ways.get(id)?.length ?? 0) + 1;
    for (const before of graph.get(id) ?? []) {
      if (length > (ways.get(before)?.length ?? 0)) ways.set(before, { length, next: id });
      const remaining = (left.get(before) ?? 1) - 1;
      left.set(before, remaining);
      if (remaining === 0) ends.push(before);
    }
  }
  return ways;
}

function wayFrom(from: string, ways: ReadonlyMap<string, Step>, flow: Flow): Task[] {
  const way: Task[] = [];
  for (let id: string | null = from; id !== null; id = ways.get(id)?.next ?? null) {
    const task = findTask(flow, id);
    if (task) way.push(task);
  }
  return way;
}
