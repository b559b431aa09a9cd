/** A flow's tasks as a graph: laid out by layers here on the server, drawn as SVG, and the same as a list with tracks. */

import { type EdgeLabel, Graph, type GraphLabel, layout, type NodeLabel } from '@dagrejs/dagre';
import type { TaskStatus } from '../domain/flow.ts';
import { foldDone } from './fold.ts';
import { Face } from './kit/face.tsx';
import { LateIcon, StatusIcon } from './kit/icons.tsx';
import { named } from './kit/named.ts';
import { type Box, layers } from './layers.ts';
import { tracks } from './tracks.ts';

export interface GraphTask {
  readonly id: string;
  readonly title: string;
  readonly status: TaskStatus;
  readonly overdue: boolean;
  readonly dependsOn: readonly string[];
  readonly assignee: { readonly kind: 'member' | 'external'; readonly name: string } | null;
  /** A few words under the title. */
  readonly note: string;
}

export const node = { width: 184, height: 72 };
const margin = 8;
/** The library's time grows with the square of nodes and arrows: beyond this it would hold up the server. */
const largest = 120;

export interface Place {
  readonly x: number;
  readonly y: number;
}
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly places: ReadonlyMap<string, Place>;
  /** Each line as the points it goes through, from `before` to `after`. */
  readonly lines: readonly { readonly before: string; readonly after: string; readonly points: readonly Place[] }[];
}

/** `LR`: left to right; `TB`: top to bottom, for a phone. Places are the nodes' middles. */
export function layOut(given: readonly Box[], direction: 'LR' | 'TB'): Layout {
  const known = new Set(given.map((t) => t.id));
  // A draft may have arrows from nowhere, twice, or to itself.
  const tasks = given.map(({ id, dependsOn }) => ({
    id,
    dependsOn: [...new Set(dependsOn)].filter((before) => before !== id && known.has(before)),
  }));
  if (tasks.length + tasks.reduce((n, t) => n + t.dependsOn.length, 0) > largest) return layOutLarge(tasks, direction);
  const graph = new Graph<GraphLabel, NodeLabel, EdgeLabel>();
  graph.setGraph({
    rankdir: direction,
    nodesep: 24,
    ranksep: direction === 'LR' ? 52 : 36,
    marginx: margin,
    marginy: margin,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const t of tasks) graph.setNode(t.id, { ...node });
  for (const t of tasks) for (const before of t.dependsOn) graph.setEdge(before, t.id);
  layout(graph);
  const places = new Map(
    tasks.map((t) => {
      const { x = 0, y = 0 } = graph.node(t.id);
      return [t.id, { x, y }] as const;
    }),
  );
  const [dx, dy] = direction === 'LR' ? [node.width / 2, 0] : [0, node.height / 2];
  const lines = tasks.flatMap((t) =>
    t.dependsOn.map((before) => {
      const from = places.get(before) ?? { x: 0, y: 0 };
      const to = places.get(t.id) ?? { x: 0, y: 0 };
      // Out of one side's middle and into the other's; between them straight through each layer, soft from one to the next.
      const between = (graph.edge(before, t.id).points ?? [])
        .slice(1, -1)
        .filter((_: Place, i: number) => i % 2 === 1)
        .flatMap(({ x, y }: Place) => [
          { x: x - dx, y: y - dy },
          { x: x + dx, y: y + dy },
        ]);
      return {
        before,
        after: t.id,
        points: [{ x: from.x + dx, y: from.y + dy }, ...between, { x: to.x - dx, y: to.y - dy }],
      };
    }),
  );
  const { width = 0, height = 0 } = graph.graph();
  return { width, height, places, lines };
}

function layOutLarge(tasks: readonly Box[], direction: 'LR' | 'TB'): Layout {
  const lying = direction === 'LR';
  const { length, breadth, spots, bends } = layers(tasks, {
    along: lying ? node.width : node.height,
    across: lying ? node.height : node.width,
    alongGap: 44,
    acrossGap: 20,
  });
  const place = ({ along, across }: { along: number; across: number }): Place =>
    lying ? { x: along + margin, y: across + margin } : { x: across + margin, y: along + margin };
  const half = (lying ? node.width : node.height) / 2;
  const side = (id: string, by: number): Place => {
    const { along = 0, across = 0 } = spots.get(id) ?? {};
    return place({ along: along + by, across });
  };
  return {
    width: (lying ? length : breadth) + 2 * margin,
    height: (lying ? breadth : length) + 2 * margin,
    places: new Map([...spots].map(([id, spot]) => [id, place(spot)])),
    lines: tasks.flatMap((t) =>
      t.dependsOn.map((before) => ({
        before,
        after: t.id,
        points: [side(before, half), ...bends(before, t.id).map(place), side(t.id, -half)],
      })),
    ),
  };
}

interface FlowGraphProps {
  readonly tasks: readonly GraphTask[];
  readonly selected: string | null;
  readonly href: (taskId: string) => string;
  /** Where all is shown that is folded. Without it nothing folds. */
  readonly unfold?: string;
}

/** From so many tasks on, what is done folds. */
const foldsFrom = 20;

/** What is drawn of a flow: its tasks, with those that are done and behind everyone as one. */
function drawn({ tasks, selected, href, unfold }: FlowGraphProps): readonly DrawnTask[] {
  const all = (some: readonly GraphTask[]) => some.map((t) => ({ ...t, href: href(t.id), folded: 0 }));
  if (unfold === undefined || tasks.length < foldsFrom) return all(tasks);
  const folded = foldDone(tasks, isDone, selected);
  return [
    ...folded.folds.map((f) => ({
      ...{ id: f.id, dependsOn: f.dependsOn, title: `${f.tasks.length} done tasks`, note: 'show them' },
      ...({ status: 'COMPLETED', overdue: false, assignee: null, href: unfold, folded: f.tasks.length } as const),
    })),
    ...all(folded.tasks),
  ];
}

interface DrawnTask extends GraphTask {
  readonly href: string;
  /** How many tasks it stands for; 0 for one that is itself. */
  readonly folded: number;
}

const isDone = (t: GraphTask): boolean => t.status === 'COMPLETED' || t.status === 'SKIPPED';

/** The graph, left to right, and the same as a list with tracks: which of them is seen is the page's width, or the reader's choice. */
export function FlowGraph(props: FlowGraphProps) {
  const shown = drawn(props);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="card graph sideways" tabIndex={0} aria-label="Tasks as a graph, scrolls sideways">
        <Drawing tasks={shown} selected={props.selected} />
      </section>
      <section class="card graph downwards" aria-label="Tasks as a list">
        <Tracks tasks={shown} selected={props.selected} />
      </section>
    </>
  );
}

interface DrawingProps {
  readonly tasks: readonly DrawnTask[];
  readonly selected: string | null;
}

/** Up to here a graph is shrunk to the frame; a larger one scrolls in it. */
const fitWidth = 1_300;

function Drawing({ tasks, selected }: DrawingProps) {
  const { width, height, places, lines } = layOut(tasks, 'LR');
  const done = new Set(tasks.filter(isDone).map((t) => t.id));
  return (
    // biome-ignore lint/a11y/useSemanticElements: a drawing with links in it is a group, and no form
    <svg
      class={width <= fitWidth ? 'fits' : undefined}
      width={Math.ceil(width)}
      height={Math.ceil(height)}
      viewBox={`0 0 ${width} ${height}`}
      role="group"
      aria-label="Tasks"
    >
      {/* Done ones last: they lie over the others. */}
      {[false, true].map((isGreen) =>
        lines
          .filter((l) => done.has(l.before) === isGreen)
          .map(({ before, after, points }) => (
            <path d={curve(points, 'LR')} class={isGreen ? 'edge done' : 'edge'} key={`${before} ${after}`} />
          )),
      )}
      {tasks.map((t) => {
        const place = places.get(t.id);
        return place && <Node task={t} place={place} selected={t.id === selected} />;
      })}
    </svg>
  );
}

const trackRow = 56;
const lane = 10;

function Tracks({ tasks, selected }: DrawingProps) {
  const { order, lanes, lines } = tracks(tasks);
  const byId = new Map(tasks.map((t) => [t.id, t]));
  const done = new Set(tasks.filter(isDone).map((t) => t.id));
  const middle = lanes * lane + 16;
  const at = (row: number): number => row * trackRow + trackRow / 2;
  const path = (from: number, to: number, inLane: number): string => {
    if (inLane === 0) return `M${middle} ${at(from)}V${at(to)}`;
    const x = middle - inLane * lane - 4;
    const [top, bottom] = [at(from), at(to)];
    return `M${middle} ${top}C${middle} ${top + 28} ${x} ${top + 8} ${x} ${top + 36}V${bottom - 36}C${x} ${bottom - 8} ${middle} ${bottom - 28} ${middle} ${bottom}`;
  };
  return (
    <div class={`tracks lanes-${lanes}`}>
      <svg width={middle + 12} height={order.length * trackRow} aria-hidden="true">
        {[false, true].map((isGreen) =>
          lines
            .filter((l) => done.has(l.before) === isGreen)
            .map((l) => (
              <path
                d={path(l.from, l.to, l.lane)}
                class={isGreen ? 'edge done' : 'edge'}
                key={`${l.before} ${l.after}`}
              />
            )),
        )}
      </svg>
      <ol>
        {order
          .flatMap((id) => byId.get(id) ?? [])
          .map((t) => (
            <li class={['track', looks(t), t.id === selected ? 'selected' : ''].join(' ')} key={t.id}>
              <span class="stop">{t.overdue ? <LateIcon /> : <StatusIcon status={t.status} />}</span>
              <span class="grow">
                <a class="whole" href={t.href} aria-current={t.id === selected ? 'true' : undefined}>
                  {named(t.title)}
                </a>
                <span class="small">
                  {t.note}
                  {t.dependsOn.length > 0 && t.folded === 0 && (
                    <span class="unseen">, after {t.dependsOn.map((b) => byId.get(b)?.title ?? '').join(', ')}</span>
                  )}
                </span>
              </span>
              {t.assignee && <Face {...t.assignee} say />}
            </li>
          ))}
      </ol>
    </div>
  );
}

interface NodeProps {
  readonly task: DrawnTask;
  readonly place: Place;
  readonly selected: boolean;
}

const Node = ({ task, place, selected }: NodeProps) => (
  <foreignObject x={place.x - node.width / 2} y={place.y - node.height / 2} width={node.width} height={node.height}>
    <a
      class={['node', looks(task), selected ? 'selected' : '', task.folded > 0 ? 'folded' : ''].join(' ')}
      href={task.href}
      aria-current={selected ? 'true' : undefined}
      data-task={task.id}
      data-state={`${task.status}${task.overdue ? ' late' : ''}`}
    >
      {task.overdue ? <LateIcon /> : <StatusIcon status={task.status} />}
      <span class="grow">
        <b>{named(task.title)}</b>
        <span class="small">{task.note}</span>
      </span>
      {task.assignee && <Face {...task.assignee} say />}
    </a>
  </foreignObject>
);

function looks({ status, overdue }: GraphTask): string {
  if (overdue) return 'late';
  switch (status) {
    case 'READY':
      return 'ready';
    case 'BLOCKED':
      return 'blocked';
    case 'REJECTED':
      return 'rejected';
    case 'COMPLETED':
      return 'completed';
    case 'SKIPPED':
    case 'CANCELLED':
      return 'blocked';
  }
}

/** Soft through every point, leaving and arriving straight on. */
export function curve(points: readonly Place[], direction: 'LR' | 'TB'): string {
  const [first, ...rest] = points;
  if (!first) return '';
  let from = first;
  let path = `M${from.x} ${from.y}`;
  for (const to of rest) {
    const middle = direction === 'LR' ? (from.x + to.x) / 2 : (from.y + to.y) / 2;
    path +=
      direction === 'LR'
        ? `C${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`
        : `C${from.x} ${middle} ${to.x} ${middle} ${to.x} ${to.y}`;
    from = to;
  }
  return path;
}
