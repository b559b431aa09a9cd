/** A demo flow's life, as a list of what people do in it, in the words of the domain's commands. */
import type { PublishedTemplate } from './templates/published.ts';

export type Email = `${string}@${string}`;

/**
 * A command, with a step's key where the command has a task's id, and a mail address where it has a person's id.
 * All of it happens at the moment of seeding; only a start may lie in the past, and due dates count from there.
 */
type Act =
  /** The start date is the calendar day (UTC) so many days before today. */
  | { do: 'start'; daysAgo: number }
  | { do: 'pause' }
  | { do: 'cancel'; reason: string }
  | { do: 'invite'; email: Email; name: string; role: string }
  | { do: 'accept_invitation' }
  /** To a member of the org. */
  | { do: 'assign'; task: string; to: Email }
  | { do: 'complete'; task: string; answers?: ScriptedAnswers; comment?: string }
  | { do: 'approve'; task: string; comment?: string }
  | { do: 'reject'; task: string; reason: string }
  | { do: 'skip'; task: string; reason: string }
  | { do: 'comment'; task: string; text: string };

/** `by`: a member of the org, or a client whom an earlier step or a role invited. */
export type ScriptStep = Act & { by: Email };

/** Form answers by field key; a date is given in days from today. */
export type ScriptedAnswers = Readonly<Record<string, string | { inDays: number }>>;

export interface DemoFlow {
  /** Stays the same, and is unique in its org: ids of commands are made from it. */
  readonly key: string;
  readonly name: string;
  /** The member who makes it. */
  readonly by: Email;
  readonly template: PublishedTemplate['id'];
  /** Who fills the template's roles: members by their address, clients with their name. */
  readonly roles?: Readonly<Record<string, Email | { readonly email: Email; readonly name: string }>>;
  readonly steps: readonly ScriptStep[];
}

/** The calendar day (UTC, YYYY-MM-DD) so many days after that of `now`, or before it when negative. */
export const dayFrom = (now: number, days: number): string =>
  new Date(now + days * 86_400_000).toISOString().slice(0, 10);

/** The answers as a form takes them. */
export const answersOn = (now: number, answers: ScriptedAnswers): Record<string, string> =>
  Object.fromEntries(
    Object.entries(answers).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : dayFrom(now, value.inDays),
    ]),
  );
