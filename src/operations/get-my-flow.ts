import { z } from 'zod';
import { brandingOf } from '../db/branding.ts';
import { draftsOf } from '../db/drafts.ts';
import { filesOf } from '../db/files.ts';
import { type Comment, isOverdue, isResolved, openDependencies, progress, type Task } from '../domain/flow.ts';
import { formFieldSchema } from '../domain/template.ts';
import { fileFacts, fileShape, mayKnow } from './files.ts';
import { flowTruth } from './flow-truth.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { brief, briefLine, briefShape, flowStatus, iso, isoOr, moment, progressShape } from './shapes.ts';
import { count, lines, plain } from './words.ts';

const myTask = briefShape.extend({
  description: z.string(),
  overdue: z.boolean(),
  fields: z.array(formFieldSchema),
  answers: z.record(z.string(), z.string()).nullable(),
  /** Filled in and not sent yet. */
  draft: z.object({ answers: z.record(z.string(), z.string()), comment: z.string(), savedAt: moment }).nullable(),
  files: z.array(fileShape),
  /** Why it came back, when it did. */
  sentBack: z.string().nullable(),
  /** Where it waits: how many open tasks come before it that are the client's own, and how many of others. */
  after: z.object({ mine: z.number().int(), others: z.number().int() }),
  doneAt: moment.nullable(),
  doneByMe: z.boolean(),
  comments: z.array(z.object({ id: z.string(), at: moment, by: z.string(), mine: z.boolean(), text: z.string() })),
});

/** What was shared with this client. What another client of the same flow wrote is not. */
const shared = (t: Task, me: string): Comment[] =>
  t.comments.filter((c) => c.audience === 'client' && (c.by.kind !== 'external' || c.by.id === me));

/** Why it has to be done again: what came with its being sent back, which made it READY in the same moment. */
function sentBack(t: Task, me: string): string | null {
  if (t.round === 1 || isResolved(t)) return null;
  const said = t.comments.filter((c) => c.audience === 'client' && c.by.id !== me);
  return (said.find((c) => c.at === t.readyAt) ?? said.at(-1))?.text ?? null;
}

/** A client's own view: their flow's name and progress, their own tasks, what was shared with them, and nothing of anybody else's. */
export const getMyFlow = operation({
  name: 'get_my_flow',
  title: 'My flow',
  description: "A client's view of their flow: their own tasks, what is ready and what comes next.",
  kind: 'read',
  access: 'portal',
  surfaces: ['web'],
  input: z.strictObject({}),
  output: z.object({
    flow: z.object({
      id: z.string(),
      name: z.string(),
      status: flowStatus,
      progress: progressShape,
      timeZone: z.string().describe('Due dates are days in it'),
    }),
    org: z.object({ name: z.string(), colour: z.string().nullable(), logo: z.string().nullable() }),
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
    const known = await call.database.withOrg(principal, async (trx) => ({
      branding: await brandingOf(trx, principal.orgId),
      drafts: await draftsOf(trx, principal),
      files: await filesOf(trx, flow.id),
    }));
    const mine = flow.tasks.filter((t) => mayKnow(principal, t));
    const { name, colour, logo } = known.branding;
    return {
      flow: { id: flow.id, name: flow.name, status: flow.status, progress: progress(flow), timeZone: flow.timeZone },
      org: { name, colour, logo },
      me: { name: me.name, email: me.email, role: me.role, invitation: me.invitation },
      tasks: mine.map((t) => {
        const draft = known.drafts.get(t.id);
        const open = openDependencies(flow, t);
        return {
          ...brief(t),
          description: t.description,
          overdue: isOverdue(flow, t, now),
          fields: [...t.fields],
          answers: t.answers,
          draft: draft
            ? { answers: draft.answers, comment: draft.comment, savedAt: iso(draft.savedAt.getTime()) }
            : null,
          files: known.files.filter((f) => f.task_id === t.id).map(fileFacts),
          sentBack: sentBack(t, me.id),
          after: {
            mine: open.filter((d) => mayKnow(principal, d)).length,
            others: open.filter((d) => !mayKnow(principal, d)).length,
          },
          doneAt: isoOr(t.doneAt),
          doneByMe: t.doneBy?.kind === 'external' && t.doneBy.id === me.id,
          comments: shared(t, me.id).map((c) => ({
            id: c.id,
            at: iso(c.at),
            by: c.by.name,
            mine: c.by.id === me.id,
            text: c.text,
          })),
        };
      }),
    };
  },
  text(f, now) {
    const ready = f.tasks.filter((t) => t.status === 'READY');
    return lines(
      `${plain(f.flow.name)}: ${count(ready.length, 'task')} for you.`,
      ready.map((t) => briefLine(t, now, f.flow.timeZone)),
    );
  },
});
