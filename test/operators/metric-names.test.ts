/** Alerts, dashboard and docs/operating.md speak of metrics that are there, and leave none of ours out. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { registry } from '../../src/platform/metrics.ts';

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const ours = registry.getMetricsAsArray().map(({ name }) => name);
const named = (text: string): string[] => [
  ...new Set([...text.matchAll(/booflow_\w+/g)].map(([name]) => name.replace(/_(bucket|count|sum)$/, ''))),
];

test.each(['deploy/alerts.yml', 'deploy/grafana-dashboard.json', 'docs/operating.md'])(
  '%s names what is there',
  (name) => {
    const used = named(read(name));
    expect(used).not.toEqual([]);
    expect(used.filter((n) => !ours.includes(n))).toEqual([]);
  },
);

test('each metric is on the dashboard and explained', () => {
  for (const name of ['deploy/grafana-dashboard.json', 'docs/operating.md'])
    expect(ours.filter((n) => !named(read(name)).includes(n))).toEqual([]);
});

test('each alert says in docs/operating.md what to do', () => {
  const alerts = [...read('deploy/alerts.yml').matchAll(/alert: (\w+)/g)].map(([, name]) => name);
  expect(alerts.length).toBeGreaterThan(5);
  expect(alerts.filter((a) => !read('docs/operating.md').includes(`${a}`))).toEqual([]);
});
