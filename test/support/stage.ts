/** A flow under test, driven command by command, with a clock that is set by hand. */
import type { Actor } from '../../src/domain/actor.ts';
import type { Command } from '../../src/domain/command.ts';
import { createFlow } from '../../src/domain/create.ts';
import { dayMs } from '../../src/domain/dates.ts';
import { type Decision, decide } from '../../src/domain/decide.ts';
import { type Flow, findTask, type MailOrder, type Task } from '../../src/domain/flow.ts';
import { readTemplate } from '../../src/domain/read-template.ts';
import type { Refusal } from '../../src/domain/refusal.ts';
import type { Step } from '../../src/domain/template.ts';
import { olivia } from './people.ts';

/** Mon 9 Nov 2026, 10:00 UTC. */
export const monday = Date.UTC(2026, 10, 9, 10);
export const day = (days: number): number => monday + days * dayMs;

/** A step as it is written in a template file: what is left out has its default. */
export type WrittenStep = { key: string } & Partial<{ [K in keyof Step]: unknown }>;

/** Steps as `readTemplate` gives them; a title is the key unless written. */
export function steps(...written: WrittenStep[]): Step[] {
  const reading = readTemplate({ name: 'Test', steps: written.map((s) => ({ title: s.key, ...s })) });
  if (!reading.ok) throw new Error(reading.problems.map((p) => p.message).join(' '));
  return reading.template.steps;
}

export function draft(from: readonly Step[], by: Actor = olivia, at = monday, timeZone = 'UTC'): Flow {
  return createFlow({
    id: 'fl_acme',
    orgId: 'or_acme',
    name: 'Acme Corp',
    template: { id: 'tp_test', name: 'Test', version: 1 },
    steps: from,
    timeZone,
    by,
    at,
    taskId: (key) => `tk_${key}`,
  });
}

export class Stage {
  flow: Flow;
  now = monday;

  constructor(...written: WrittenStep[]) {
    this.flow = draft(steps(...written));
  }

  static started(...written: WrittenStep[]): Stage {
    const stage = new Stage(...written);
    stage.does(olivia, { type: 'start', startDate: null });
    return stage;
  }

  decide(actor: Actor, command: Command): Decision {
    return decide(this.flow, command, actor, this.now);
  }

  /** Must succeed; the flow goes on from there. */
  does(actor: Actor, command: Command): Extract<Decision, { ok: true }> {
    const decision = this.decide(actor, command);
    if (!decision.ok) throw new Error(`Refused: ${decision.refusal.message}`);
    this.flow = decision.flow;
    return decision;
  }

  /** Must be refused. */
  refusal(actor: Actor, command: Command): Refusal {
    const decision = this.decide(actor, command);
    if (decision.ok) throw new Error(`Not refused: ${decision.events.map((e) => e.type).join(', ')}`);
    return decision.refusal;
  }

  /** The mails a command orders. */
  mails(actor: Actor, command: Command): MailOrder[] {
    return this.does(actor, command).events.flatMap((e) => (e.type === 'mail_ordered' ? [e.mail] : []));
  }

  completes(actor: Actor, ...keys: string[]): void {
    for (const key of keys) this.does(actor, complete(key));
  }

  task(key: string): Task {
    const found = findTask(this.flow, `tk_${key}`);
    if (!found) throw new Error(`No task ${key}`);
    return found;
  }

  /** "a READY, b BLOCKED" */
  get statuses(): string {
    return this.flow.tasks.map((t) => `${t.key} ${t.status}`).join(', ');
  }

  get told(): string[] {
    return this.flow.feed.map((e) => `${e.by.name} ${e.text}`);
  }
}

export const complete = (key: string, answers: Record<string, string> | null = null, comment = ''): Command => ({
  type: 'complete',
  taskId: `tk_${key}`,
  answers,
  comment,
});
export const approve = (key: string, comment = ''): Command => ({ type: 'approve', taskId: `tk_${key}`, comment });
export const reject = (key: string, reason: string): Command => ({ type: 'reject', taskId: `tk_${key}`, reason });
export const skip = (key: string, reason = 'not needed'): Command => ({ type: 'skip', taskId: `tk_${key}`, reason });
export const reopen = (key: string, reason = ''): Command => ({ type: 'reopen', taskId: `tk_${key}`, reason });
export const comment = (key: string, text: string): Command => ({ type: 'comment', taskId: `tk_${key}`, text });
export const setDue = (key: string, dueAt: number | null): Command => ({ type: 'set_due', taskId: `tk_${key}`, dueAt });
export const assign = (key: string, to: Actor | null): Command => ({
  type: 'assign',
  taskId: `tk_${key}`,
  assignee:
    to === null
      ? null
      : to.kind === 'external'
        ? { kind: 'external', id: to.id }
        : { kind: 'member', id: to.id, name: to.name },
});
