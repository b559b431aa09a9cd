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
