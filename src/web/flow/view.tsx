/** What the parts of a flow's page share. */
import type { z } from 'zod';
import type { Session } from '../../oauth/session.ts';
import type { explainFlow } from '../../operations/explain-flow.ts';
import type { getFlow } from '../../operations/get-flow.ts';
import type { getTask } from '../../operations/get-task.ts';
import type { listActivity } from '../../operations/list-activity.ts';
import type { listOrgMembers } from '../../operations/list-org-members.ts';
import { Csrf } from '../kit/parts.tsx';

export type FlowFacts = z.output<typeof getFlow.output>;
export type TaskFacts = z.output<typeof getTask.output>;
export type Explained = z.output<typeof explainFlow.output>;
export type Hold = Explained['holds'][number];
export type Activity = z.output<typeof listActivity.output>;
export type Person = { readonly kind: 'member' | 'external'; readonly id: string; readonly name: string } | null;
type Members = z.output<typeof listOrgMembers.output>['members'];

export interface FlowView {
  readonly session: Session;
  readonly flow: FlowFacts;
  readonly explained: Explained;
  readonly task: TaskFacts | null;
  readonly members: Members;
  readonly activity: Activity;
  /** Older entries than the latest are shown. */
  readonly older: boolean;
  readonly unfolded: boolean;
  readonly asList: boolean;
  readonly now: number;
  readonly commandId: string;
  readonly notice: string | null;
  readonly problem: string | null;
  readonly typed: Readonly<Record<string, string>>;
}

export const isAdmin = ({ session }: Pick<FlowView, 'session'>): boolean => session.org?.role !== 'MEMBER';
export const isOver = ({ flow }: Pick<FlowView, 'flow'>): boolean =>
  flow.status === 'COMPLETED' || flow.status === 'CANCELLED';

export const taskHref = (flowId: string, taskId: string): string => `/flows/${flowId}?task=${taskId}#task`;

/** "you", "Adam Reyes", "client Jane Alder", "nobody". */
export const whom = (person: Person, { session }: Pick<FlowView, 'session'>): string =>
  person === null
    ? 'nobody'
    : person.kind === 'external'
      ? `client ${person.name}`
      : person.id === session.userId
        ? 'you'
        : person.name;

/** What each form of the page sends along. Its own command id, so that two forms of one page are two commands. */
export const Sent = ({ view, as }: { readonly view: FlowView; readonly as: string }) => (
  <>
    <Csrf secret={view.session.secret} />
    <input type="hidden" name="command_id" value={`${view.commandId}-${as}`} />
  </>
);
