/** What each fault did to those who asked meanwhile, as rows to print and to keep. */
import { type Heard, isFinalAnswer, type Told } from '../client.ts';

export interface Window {
  readonly fault: string;
  /** When it began, was over, and everything was ready again; milliseconds since 1970. */
  readonly from: number;
  readonly over: number;
  readonly ready: number;
}

/** Of the commands that someone asked for until they knew: how it went. */
export interface Fate {
  /** The first request brought no final answer. */
  readonly failedAtFirst: number;
  /** Of those: settled by the same command id once more. */
  readonly settledByRetry: number;
  readonly neverSettled: number;
}

export function fateOf(told: readonly Told[], heard: readonly Heard[]): Fate {
  const first = new Map<string, Heard>();
  for (const h of heard.toSorted((a, b) => a.at - b.at)) if (!first.has(h.commandId)) first.set(h.commandId, h);
  const failed = told.filter(({ wish }) => {
    const answer = first.get(wish.commandId);
    return wish.manner !== 'careless' && answer !== undefined && !isFinalAnswer(answer.what);
  });
  const settled = failed.filter((t) => t.finals.every((f) => f.state !== 'unknown'));
  return {
    failedAtFirst: failed.length,
    settledByRetry: settled.length,
    neverSettled: failed.length - settled.length,
  };
}

export interface Row extends Fate {
  readonly fault: string;
  readonly times: number;
  readonly requests: number;
  readonly slowestMs: number;
  /** Until both servers said that all parts are ready, once the fault was over; the longest time. */
  readonly readyAfterMs: number;
  /** How many answers of each kind: `applied`, `accepted`, a refusal's code, or how the request failed. */
  readonly answers: Readonly<Record<string, number>>;
}

/** A row for each fault, in the order in which they first came, and one for the time between them. */
export function rowsOf(windows: readonly Window[], heard: readonly Heard[], told: readonly Told[]): Row[] {
  const inside = (h: Heard, w: Window): boolean => h.at + h.tookMs >= w.from && h.at <= w.ready;
  const row = (fault: string, times: number, readyAfterMs: number, those: readonly Heard[]): Row => {
    const answers: Record<string, number> = {};
    for (const { what } of those) answers[what] = (answers[what] ?? 0) + 1;
    const slowestMs = those.reduce((most, h) => Math.max(most, h.tookMs), 0);
    const asked = new Set(those.map((h) => h.commandId));
    const fate = fateOf(
      told.filter((t) => asked.has(t.wish.commandId)),
      those,
    );
    return { fault, times, requests: those.length, slowestMs, readyAfterMs, ...fate, answers };
  };
  const names = [...new Set(windows.map((w) => w.fault))];
  return [
    row(
      '(between faults)',
      0,
      0,
      heard.filter((h) => !windows.some((w) => inside(h, w))),
    ),
    ...names.map((name) => {
      const mine = windows.filter((w) => w.fault === name);
      const those = heard.filter((h) => mine.some((w) => inside(h, w)));
      return row(name, mine.length, Math.max(...mine.map((w) => w.ready - w.over)), those);
    }),
  ];
}

/** As a table in Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const cells = rows.map((r) => [
    r.fault,
    r.times === 0 ? '' : String(r.times),
    String(r.requests),
    seconds(r.slowestMs),
    r.times === 0 ? '' : seconds(r.readyAfterMs),
    `${r.failedAtFirst} / ${r.settledByRetry}`,
    Object.entries(r.answers)
      .sort((a, b) => b[1] - a[1])
      .map(([what, n]) => `${n} ${what}`)
      .join(', '),
  ]);
  const head = ['Fault', 'Times', 'Requests', 'Slowest', 'Ready after', 'Failed at first / settled', 'Answers'];
  const line = (parts: readonly string[]): string => `| ${parts.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...cells.map(line)].join('\n');
}
