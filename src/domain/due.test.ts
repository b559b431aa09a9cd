import { describe, expect, it } from 'vitest';
import { olivia } from '../../test/support/people.ts';
import { complete, day, draft, monday, reopen, Stage, setDue, skip, steps } from '../../test/support/stage.ts';
import { system } from './actor.ts';
import { endOfDate } from './dates.ts';
import { decide } from './decide.ts';
import type { Flow } from './flow.ts';

const form = {
  key: 'about',
  title: 'About you',
  type: 'FORM',
  fields: [{ key: 'kick-off', label: 'Kick-off', type: 'date', required: false }],
};
const by = (days: number, unit: 'calendar' | 'business' = 'calendar') => ({
  dependsOn: ['about'],
  due: { from: 'answer', step: 'about', field: 'kick-off', days, unit },
});
const answers = (date: string) => complete('about', { 'kick-off': date });
const utc = (text: string) => endOfDate(text, 'UTC');

describe('due by an answered date', () => {
  it('so many days before or after it, or business days', () => {
    const s = Stage.started(
      form,
      { key: 'on', ...by(0) },
      { key: 'after', ...by(2) },
      { key: 'before', ...by(-3, 'business') },
      { key: 'later', ...by(5, 'business'), dependsOn: ['on'] },
    );
    expect(s.task('on').dueAt).toBeNull();
    // A Tuesday.
    s.does(olivia, answers('2026-12-08'));
    const dues = Object.fromEntries(s.flow.tasks.map((t) => [t.key, t.dueAt]));
    expect(dues).toEqual({
      about: null,
      on: utc('2026-12-08'),
      after: utc('2026-12-10'),
      before: utc('2026-12-03'),
      later: utc('2026-12-15'),
    });
  });

  it('is counted anew when the form is answered otherwise, and unknown in between', () => {
    const s = Stage.started(form, { key: 'a', ...by(1) }, { key: 'z' });
    s.does(olivia, answers('2026-12-08'));
    s.does(olivia, reopen('about'));
    expect(s.task('a').dueAt).toBeNull();
    s.does(olivia, answers('2027-01-31'));
    expect(s.task('a').dueAt).toBe(utc('2027-02-01'));
  });

  it('lets a date stand that was set by hand before the answer', () => {
    const s = Stage.started(form, { key: 'a', ...by(1) });
    s.does(olivia, setDue('a', utc('2026-11-20')));
    s.does(olivia, answers('2026-12-08'));
    expect(s.task('a').dueAt).toBe(utc('2026-11-20'));
  });

  it('has no date without an answer, with the form skipped, or beyond the calendar of flows', () => {
    for (const command of [answers(''), skip('about'), answers('9999-12-31'), answers('0001-01-01')]) {
      const s = Stage.started(form, { key: 'a', ...by(1) });
      s.does(olivia, command);
      expect(s.task('a')).toMatchObject({ status: 'READY', dueAt: null });
    }
  });

  it('comes with the answer when the task was ready before it, and is over at once when it is past', () => {
    const s = Stage.started(form, { key: 'a', dependsOn: ['about'] }, { key: 'b', ...by(0), dependsOn: ['a'] });
    s.does(olivia, skip('a'));
    expect(s.task('b')).toMatchObject({ status: 'READY', dueAt: null });
    s.does(olivia, answers('2026-11-02'));
    expect(s.task('b').dueAt).toBe(utc('2026-11-02'));
    expect(s.does(system, { type: 'tick' }).events[0]).toMatchObject({ type: 'task_fell_due', taskId: 'tk_b' });
  });
});

describe('business days', () => {
  const inBusiness = (from: 'start' | 'ready', days: number) => ({ due: { from, days, unit: 'business' } });
  it('from the start and from READY pass over the weekend', () => {
    const s = Stage.started(
      { key: 'a', ...inBusiness('start', 5) },
      { key: 'b', dependsOn: ['a'], ...inBusiness('ready', 2) },
    );
    expect(s.task('a').dueAt).toBe(utc('2026-11-16'));
    s.now = day(4);
    s.completes(olivia, 'a');
    expect(s.task('b').dueAt).toBe(utc('2026-11-17'));
  });

  it('lost to a pause are given back as business days', () => {
    const s = Stage.started({ key: 'a', ...inBusiness('start', 3) }, { key: 'b', due: { from: 'start', days: 3 } });
    s.now = day(2);
    s.does(olivia, { type: 'pause' });
    s.now = day(7);
    s.does(olivia, { type: 'resume' });
    // Wednesday to Monday: five days, three of them business days.
    expect(s.task('a').dueAt).toBe(utc('2026-11-17'));
    expect(s.task('b').dueAt).toBe(utc('2026-11-17'));
    s.does(olivia, { type: 'pause' });
    s.now = day(12);
    s.does(olivia, { type: 'resume' });
    expect(s.task('a').dueAt).toBe(utc('2026-11-24'));
    expect(s.task('b').dueAt).toBe(utc('2026-11-22'));
  });

  it('are not used up by many short pauses in one day', () => {
    const s = Stage.started({ key: 'a', ...inBusiness('start', 1) });
    const before = s.task('a').dueAt;
    for (let i = 0; i < 10; i++) {
      s.does(olivia, { type: 'pause' });
      s.now += 3_600_000;
      s.does(olivia, { type: 'resume' });
    }
    expect(s.task('a').dueAt).toBe(before);
  });
});

describe('the time zone of a flow', () => {
  const started = (zone: string, at = monday): Flow => {
    const flow = draft(
      steps({ key: 'a', due: { from: 'start', days: 0 } }, { key: 'b', due: { from: 'ready', days: 1 } }),
      olivia,
      at,
      zone,
    );
    const decision = decide(flow, { type: 'start', startDate: null }, olivia, at);
    if (!decision.ok) throw new Error(decision.refusal.message);
    return decision.flow;
  };

  it.each([
    ['America/New_York', '2026-11-10T04:59:59.999Z', '2026-11-11T04:59:59.999Z'],
    ['Asia/Kolkata', '2026-11-09T18:29:59.999Z', '2026-11-10T18:29:59.999Z'],
    ['Pacific/Auckland', '2026-11-09T10:59:59.999Z', '2026-11-10T10:59:59.999Z'],
    ['UTC', '2026-11-09T23:59:59.999Z', '2026-11-10T23:59:59.999Z'],
  ])('%s says when a due day ends', (zone, a, b) => {
    expect(started(zone).tasks.map((t) => new Date(t.dueAt ?? 0).toISOString())).toEqual([a, b]);
  });

  it('keeps a due day whole over the change of the clocks, in a pause too', () => {
    const zone = 'Europe/Berlin';
    const at = Date.UTC(2026, 9, 23, 10);
    const flow = started(zone, at);
    const paused = decide(flow, { type: 'pause' }, olivia, at + 3_600_000);
    if (!paused.ok) throw new Error(paused.refusal.message);
    const resumed = decide(paused.flow, { type: 'resume' }, olivia, Date.UTC(2026, 9, 26, 10));
    if (!resumed.ok) throw new Error(resumed.refusal.message);
    expect(resumed.flow.tasks.map((t) => t.dueAt)).toEqual([
      endOfDate('2026-10-26', zone),
      endOfDate('2026-10-27', zone),
    ]);
    expect(new Date(endOfDate('2026-10-26', zone)).toISOString()).toBe('2026-10-26T22:59:59.999Z');
  });
});
