import { z } from 'zod';
import { isOverdue, isResolved } from '../domain/flow.ts';
import { formFieldSchema } from '../domain/template.ts';
import { flowTruth } from './flow-truth.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { brief, briefLine, briefShape, flowStatus, isoOr, moment } from './shapes.ts';
import { count, lines, plain } from './words.ts';

const myTask = briefShape.extend({
  description: z.string(),
  overdue: z.boolean(),
  fields: z.array(formFieldSchema),
  answers: z.record(z.string(), z.string()).nullable(),
  /** Why it came back, when it did. */
  sentBack: z.string().nullable(),
  doneAt: moment.nullable(),
});

/** A client's own view: their flow's name, their tasks, and nothing of anybody else's. */
export const getMyFlow = operation({
  name: 'get_my_flow',
  title: 'My flow',
  description: "A client's view of their flow: their own tasks, what is ready and what comes next.",
  kind: 'read',
  access: 'portal',
  surfaces: ['web'],
  input: z.strictObject({}),
  output: z.object({
    flow: z.object({ id: z.string(), name: z.string(), status: flowStatus }),
    org: z.object({ name: z.string() }),
    me: z.object({ name: z.string(), email: z.string(), role: z.string(), invitation: z.string() }),
    tasks: z.array(myTask),
  }),
  async handler(call) {
    const { principal, now } = call;
    const { flow } = await flowTruth(call, principal.orgId, principal.flowId);
    const me = flow.externals.find((e) => e.id === principal.externalId);
    if (!me || me.invitation === 'REVOKED' || me.invitation === 'PENDING') {
      throw new Refusal('not_found', 'This invitation is no longer open. Ask whoever invited you for a new one.');
    }
    const org = await call.database.withOrg(principal, (trx) =>
      trx.selectFrom('orgs').select('name').where('id', '=', principal.orgId).executeTakeFirstOrThrow(),
    );
    const mine = flow.tasks.filter((t) => t.assignee?.kind === 'external' && t.assignee.id === me.id);
    return {
      flow: { id: flow.id, name: flow.name, status: flow.status },
      org,
      me: { name: me.name, email: me.email, role: me.role, invitation: me.invitation },
      tasks: mine.map((t) => ({
        ...brief(t),
        description: t.description,
        overdue: isOverdue(flow, t, now),
        fields: [...t.fields],
        answers: t.answers,
        sentBack: t.round > 1 && !isResolved(t) ? (t.comments[t.comments.length - 1]?.text ?? null) : null,
        doneAt: isoOr(t.doneAt),
      })),
    };
  },
  text(f, now) {
    const ready = f.tasks.filter((t) => t.status === 'READY');
    return lines(
      `${plain(f.flow.name)}: ${count(ready.length, 'task')} for you.`,
      ready.map((t) => briefLine(t, now)),
    );
  },
});
