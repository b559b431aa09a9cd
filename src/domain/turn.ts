/** One command's turn: events are emitted against the flow as it is after the events before them. */
import type { Actor } from './actor.ts';
import type { FlowEvent, Happening } from './event.ts';
import { evolve } from './evolve.ts';
import { type Flow, findTask, type Task } from './flow.ts';
import { Refused } from './refusal.ts';

/**
 * Rules that came later and bring about other mails or refusals than those before them: what is replayed from before goes
 * without (docs/changing-workflow-code.md).
 */
export interface Rules {
  /** Mails that wait are bounded in bytes, and one that says more takes the place of one that says less. */
  readonly mailsFit: boolean;
}

export const todaysRules: Rules = { mailsFit: true };

export class Turn {
  flow: Flow;
  readonly events: FlowEvent[] = [];
  readonly actor: Actor;
  readonly now: number;
  readonly rules: Rules;

  constructor(flow: Flow, actor: Actor, now: number, rules: Rules = todaysRules) {
    this.flow = flow;
    this.rules = rules;
    this.actor = actor;
    this.now = now;
  }

  emit(happening: Happening, by: Actor = this.actor): void {
    const event: FlowEvent = { ...happening, at: this.now, by };
    this.events.push(event);
    this.flow = evolve(this.flow, event);
  }

  /** The task with this id as it is now; refuses when the flow has none. */
  task(taskId: string): Task {
    const found = findTask(this.flow, taskId);
    if (!found) throw new Refused('task_unknown', `This flow has no task with the id ${taskId}. Nothing changed.`);
    return found;
  }
}
