/** One command's turn: events are emitted against the flow as it is after the events before them. */
import type { Actor } from './actor.ts';
import type { FlowEvent, Happening } from './event.ts';
import { evolve } from './evolve.ts';
import { type Flow, findTask, type Task } from './flow.ts';
import { Refused } from './refusal.ts';

export class Turn {
  flow: Flow;
  readonly events: FlowEvent[] = [];
  readonly actor: Actor;
  readonly now: number;

  constructor(flow: Flow, actor: Actor, now: number) {
    this.flow = flow;
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
