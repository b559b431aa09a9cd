import { renderToString } from 'preact-render-to-string';
import { expect, it } from 'vitest';
import { FlowGraph, type GraphTask, layOut } from './graph.tsx';

const task = (id: string, ...dependsOn: string[]): GraphTask => ({
  id,
  title: id,
  status: 'READY',
  overdue: false,
  dependsOn,
  assignee: null,
  note: '',
});

it('lays a task right of, or below, all it waits for', () => {
  const tasks = [task('a'), task('b', 'a'), task('c', 'a'), task('d', 'b', 'c')];
  const across = layOut(tasks, 'LR').places;
  const down = layOut(tasks, 'TB').places;
  for (const t of tasks) {
    for (const before of t.dependsOn) {
      expect(across.get(t.id)?.x).toBeGreaterThan(across.get(before)?.x ?? Number.NaN);
      expect(down.get(t.id)?.y).toBeGreaterThan(down.get(before)?.y ?? Number.NaN);
    }
  }
});

it('lays 200 tasks without one over another', () => {
  const tasks = Array.from({ length: 200 }, (_, i) => task(`t${i}`, ...(i < 8 ? [] : [`t${i - 8}`, `t${i - 5}`])));
  const places = [...layOut(tasks, 'LR').places.values()];
  expect(places).toHaveLength(200);
  for (const [i, a] of places.entries()) {
    for (const b of places.slice(i + 1)) expect(Math.abs(a.x - b.x) >= 184 || Math.abs(a.y - b.y) >= 72).toBe(true);
  }
});

it('lays the largest graph a template may have, with no arrow backwards and no task over another', () => {
  const tasks = Array.from({ length: 500 }, (_, i) =>
    task(`t${i}`, ...Array.from({ length: Math.min(i, 6) }, (_, k) => `t${(i * 7919 + k * 104_729) % i}`)),
  );
  for (const direction of ['LR', 'TB'] as const) {
    const { places, lines, width, height } = layOut(tasks, direction);
    const all = [...places.values()];
    expect(all).toHaveLength(500);
    for (const [i, a] of all.entries()) {
      expect(a.x >= 92 && a.x <= width - 92 && a.y >= 36 && a.y <= height - 36).toBe(true);
      for (const b of all.slice(i + 1)) {
        if (Math.abs(a.x - b.x) < 183.9 && Math.abs(a.y - b.y) < 71.9) throw new Error('one lies over another');
      }
    }
    const along = direction === 'LR' ? 'x' : 'y';
    for (const { points } of lines) {
      points.slice(1).forEach((to, i) => {
        expect(to[along]).toBeGreaterThan(points[i]?.[along] ?? Number.NaN);
      });
    }
  }
});

it.each([3, 300])(
  'draws %d tasks of a draft that has a cycle, an arrow from nowhere, one twice and one to itself',
  (n) => {
    const tasks = [
      task('a', 'b', 'a', 'nowhere'),
      task('b', 'a', 'a'),
      ...Array.from({ length: n }, (_, i) => task(`t${i}`, i === 0 ? 'b' : `t${i - 1}`)),
    ];
    const { places, lines } = layOut(tasks, 'LR');
    expect([...places.keys()]).toEqual(tasks.map((t) => t.id));
    expect(lines.map((l) => `${l.before} ${l.after}`).slice(0, 3)).toEqual(['b a', 'a b', 'b t0']);
  },
);

it('draws a graph of one task, and of none', () => {
  const draw = (tasks: GraphTask[]) =>
    renderToString(<FlowGraph tasks={tasks} selected={null} href={(id) => `/x/${id}`} />);
  expect(draw([task('only')])).toContain('href="/x/only"');
  expect(draw([])).toContain('<svg');
});

it('writes names as text, whatever they hold', () => {
  const html = renderToString(
    <FlowGraph tasks={[{ ...task('a'), title: '<script>alert(1)</script>' }]} selected="a" href={() => '/'} />,
  );
  expect(html).not.toContain('<script>');
});
