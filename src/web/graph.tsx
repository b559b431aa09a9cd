/** A flow's tasks as a graph: laid out by layers here on the server, drawn as SVG, the same content as a list beside it. */
import { type EdgeLabel, Graph, type GraphLabel, layout, type NodeLabel } from '@dagrejs/dagre';
import type { TaskStatus } from '../domain/flow.ts';
import { initials } from './kit/face.tsx';
import { LateIcon, StatusIcon } from './kit/icons.tsx';
import { type Box, layers } from './layers.ts';

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
    ranksep: direction === 'LR' ? 44 : 36,
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
      // Between the layers as it was laid out; out of one side's middle and into the other's.
      const between = (graph.edge(before, t.id).points ?? []).slice(1, -1);
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
}

export const FlowGraph = (props: FlowGraphProps) => (
  <>
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
    <section class="card graph sideways" tabIndex={0} aria-label="Tasks as a graph, scrolls sideways">
      <Drawing {...props} direction="LR" />
    </section>
    <section class="card graph downwards" aria-hidden="true">
      <Drawing {...props} direction="TB" />
    </section>
  </>
);

function Drawing({ tasks, selected, href, direction }: FlowGraphProps & { readonly direction: 'LR' | 'TB' }) {
  const { width, height, places, lines } = layOut(tasks, direction);
  const resolved = new Set(tasks.filter((t) => t.status === 'COMPLETED' || t.status === 'SKIPPED').map((t) => t.id));
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label="Tasks">
      {lines.map(({ before, after, points }) => (
        <path
          d={curve(points, direction)}
          class={resolved.has(before) ? 'edge done' : 'edge'}
          key={`${before} ${after}`}
        />
      ))}
      {tasks.map((t) => {
        const place = places.get(t.id);
        return (
          place && (
            <Node task={t} place={place} selected={t.id === selected} href={href(t.id)} hidden={direction === 'TB'} />
          )
        );
      })}
    </svg>
  );
}

interface NodeProps {
  readonly task: GraphTask;
  readonly place: Place;
  readonly selected: boolean;
  readonly href: string;
  readonly hidden: boolean;
}

const Node = ({ task, place, selected, href, hidden }: NodeProps) => (
  <foreignObject x={place.x - node.width / 2} y={place.y - node.height / 2} width={node.width} height={node.height}>
    <a
      class={['node', looks(task), selected ? 'selected' : ''].join(' ')}
      href={href}
      tabIndex={hidden ? -1 : undefined}
      aria-current={selected ? 'true' : undefined}
    >
      {task.overdue ? <LateIcon /> : <StatusIcon status={task.status} />}
      <span class="grow">
        <b>{task.title}</b>
        <span class="small">{task.note}</span>
      </span>
      {task.assignee && (
        <span class={task.assignee.kind === 'external' ? 'face ext' : 'face'} title={task.assignee.name}>
          {initials(task.assignee.name)}
        </span>
      )}
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
