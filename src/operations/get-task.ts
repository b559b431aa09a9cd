import { z } from 'zod';
import { filesOf } from '../db/files.ts';
import { commentAudiences, isOverdue, findTask as taskOf } from '../domain/flow.ts';
import { fileIdsOf } from '../domain/form.ts';
import { formFieldSchema } from '../domain/template.ts';
import { fileFacts, fileShape } from './files.ts';
import { ageLine, flowTruth } from './flow-truth.ts';
import { findFlow, findTask, nameOrId } from './names.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { brief, briefLine, briefShape, flowStatus, flowZone, iso, isoOr, moment } from './shapes.ts';
import { dots, dueWords, lines, onDay, plain, quote, who } from './words.ts';

const output = briefShape.extend({
  flow: z.object({ id: z.string(), name: z.string(), status: flowStatus, timeZone: flowZone }),
  asOf: moment.nullable().describe('null: as it is now; else how old this answer is'),
  overdue: z.boolean(),
  description: z.string(),
  fields: z.array(formFieldSchema).describe('What the form asks'),
  answers: z.record(z.string(), z.string()).nullable(),
  answeredBy: z.enum(['member', 'external', 'system']).nullable(),
  files: z.array(fileShape).describe('Uploaded for its file fields, whose answers are their ids'),
  readyAt: moment.nullable(),
  doneAt: moment.nullable(),
  doneBy: z.string().nullable(),
  dependencies: z.array(briefShape),
  dependents: z.array(briefShape),
  comments: z.array(
    z.object({
      id: z.string(),
      at: moment,
      by: z.string(),
      kind: z.enum(['member', 'external', 'system']),
      audience: z.enum(commentAudiences).describe('client: the client sees it too'),
      text: z.string(),
    }),
  ),
});
type Facts = z.infer<typeof output>;

export const getTask = operation({
  name: 'get_task',
  title: 'Show a task',
  description:
    'One task, asked of its flow: what is to be done, by whom, when, what it waits for and what waits for it, its form fields and answers, its comments. Name the flow too when the title is common.',
  kind: 'read',
  access: 'member',
  surfaces: ['mcp', 'rest', 'web'],
  rest: { method: 'GET', path: '/tasks/{task}', example: { flow: 'Harbor & Pine', task: 'Sign the contract' } },
  input: z.strictObject({ task: nameOrId('Title or id'), flow: nameOrId('Name or id').optional() }),
  output,
  async handler(call, input) {
    const { principal, database, now } = call;
    const found = await database.withOrg(principal, async (trx) =>
      findTask(trx, input.task, input.flow === undefined ? null : await findFlow(trx, input.flow)),
    );
    const { flow, asOf } = await flowTruth(call, principal.orgId, found.flow_id);
    const task = taskOf(flow, found.id);
    if (!task) throw new Refusal('not_found', `${plain(flow.name)} has no task ${quote(input.task)}.`);
    const asksForFiles = task.fields.some((f) => f.type === 'file');
    const files = asksForFiles ? await database.withOrg(principal, (trx) => filesOf(trx, flow.id, task.id)) : [];
    return {
      ...brief(task),
      flow: { id: flow.id, name: flow.name, status: flow.status, timeZone: flow.timeZone },
      asOf: isoOr(asOf),
      overdue: isOverdue(flow, task, now),
      description: task.description,
      fields: [...task.fields],
      answers: task.answers,
      // Of work that came back, whoever has to do it again is who answered.
      answeredBy: task.answers === null ? null : (task.doneBy?.kind ?? task.assignee?.kind ?? 'member'),
      files: files.map(fileFacts),
      readyAt: isoOr(task.readyAt),
      doneAt: isoOr(task.doneAt),
      doneBy: task.doneBy?.name ?? null,
      dependencies: flow.tasks.filter((t) => task.dependsOn.includes(t.id)).map(brief),
      dependents: flow.tasks.filter((t) => t.dependsOn.includes(task.id)).map(brief),
      comments: task.comments.map((c) => ({
        id: c.id,
        at: iso(c.at),
        by: c.by.name,
        kind: c.by.kind,
        audience: c.audience,
        text: c.text,
      })),
    };
  },
  text(f, now) {
    const zone = f.flow.timeZone;
    const state = [
      f.status,
      who(f.assignee),
      f.flow.status === 'ACTIVE' && (f.status === 'READY' || f.status === 'BLOCKED')
        ? dueWords(f.dueAt, now, zone)
        : '',
      f.round > 1 && `round ${f.round}`,
    ].filter((s) => typeof s === 'string' && s !== '');
    return lines(
      dots(
        `${quote(f.title)} (${f.type.toLowerCase()}) on ${plain(f.flow.name)} is ${state.join(', ')}`,
        `\`${f.id}\``,
      ),
      ageLine(f.asOf, f.flow.status, now),
      f.doneAt !== null && `Done${f.doneBy === null ? '' : ` by ${plain(f.doneBy)}`} on ${onDay(f.doneAt, now, zone)}.`,
      f.flow.status !== 'ACTIVE' && `The flow is ${f.flow.status}.`,
      f.description !== '' && `What is to be done: ${quote(f.description, 600)}`,
      f.fields.length > 0 && 'The form asks:',
      f.fields.map(fieldLine(f)),
      f.dependencies.length > 0 && `Comes after (${f.dependencies.length}):`,
      f.dependencies.map((t) => briefLine(t, now, zone, 'with status')),
      f.dependents.length > 0 && `Comes before (${f.dependents.length}):`,
      f.dependents.map((t) => briefLine(t, now, zone, 'with status')),
      f.comments.length > 0 && `Comments (${f.comments.length}), in their own words:`,
      f.comments
        .slice(-20)
        .map(
          (c) =>
            `- ${onDay(c.at, now, zone)}, ${c.kind === 'external' ? 'client ' : ''}${plain(c.by)}${c.kind === 'member' && c.audience === 'client' ? ', to the client' : ''}: ${quote(c.text, 400)}`,
        ),
      f.comments.length > 20 && `- and ${f.comments.length - 20} older`,
    );
  },
});

const fieldLine =
  (f: Facts) =>
  (field: Facts['fields'][number]): string => {
    const kind = field.type === 'choice' ? `one of: ${field.options.map(plain).join(', ')}` : field.type;
    const answer = f.answers?.[field.key] ?? '';
    const by = f.answeredBy === 'external' ? 'client answered' : 'answered';
    const told = field.type === 'file' ? answer && filesTold(f, answer) : answer && quote(answer, 300);
    return `- \`${field.key}\` ${quote(field.label)}, ${kind}${field.required ? '' : ', optional'}${told === '' ? '' : `: ${by} ${told}`}`;
  };

const filesTold = (f: Facts, answer: string): string =>
  fileIdsOf(answer)
    .map((id) => f.files.find((one) => one.id === id))
    .map((one) => (one ? `${quote(one.name, 100)} (${one.mediaType}, ${one.size} bytes)` : 'a file that is gone'))
    .join(', ');
