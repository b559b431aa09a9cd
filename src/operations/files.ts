/** Files as answers: what is told of one, who may give one, and how it gets into the store. */
import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { Trx } from '../db/database.ts';
import { draftsOf } from '../db/drafts.ts';
import { beginFile, countUnsent, dropUnsent, type FileRow, filesOf, findFile, finishFile } from '../db/files.ts';
import { type Answers, type Flow, findTask, type Task } from '../domain/flow.ts';
import { fileIdsOf } from '../domain/form.ts';
import { limits } from '../domain/limits.ts';
import { needDoer } from '../domain/permission.ts';
import { Refused } from '../domain/refusal.ts';
import type { FileKind, FormField } from '../domain/template.ts';
import type { ExternalPrincipal, MemberPrincipal } from '../oauth/principal.ts';
import { FileTooLarge, Measure } from '../platform/files/measure.ts';
import { type Sniffed, servedType, sniff } from '../platform/files/sniff.ts';
import { FileMissing, type FileStore, FilesAway } from '../platform/files/store.ts';
import { newId } from '../platform/ids.ts';
import { actorOf } from './command.ts';
import { flowTruth } from './flow-truth.ts';
import type { Call } from './operation.ts';
import { Refusal } from './refusal.ts';
import { iso } from './shapes.ts';
import { count, plain, quote, short } from './words.ts';

export const fileShape = z.object({
  id: z.string(),
  field: z.string().describe("The form field's key"),
  name: z.string(),
  size: z.number().int().describe('In bytes'),
  mediaType: z.string().describe('As its bytes say'),
  at: z.string(),
});
export type FileFacts = z.infer<typeof fileShape>;

export const fileFacts = (f: FileRow): FileFacts => ({
  id: f.id,
  field: f.field_key,
  name: f.name,
  size: Number(f.size ?? 0),
  mediaType: f.media_type ?? 'application/octet-stream',
  at: iso(f.created_at.getTime()),
});

/** What serves a file: its bytes, and what they are served as. */
export const servedShape = z.object({
  name: z.string(),
  size: z.number().int(),
  servedAs: z.string(),
  bytes: z.custom<Readable>(),
});

export async function serve(call: Call<MemberPrincipal | ExternalPrincipal>, file: FileRow) {
  const { name, size, mediaType } = fileFacts(file);
  const bytes = await storeOf(call)
    .get(file.store_key)
    .catch((error: unknown) => {
      throw error instanceof FileMissing ? error : new FilesAway(error);
    });
  return { name, size, servedAs: servedType(mediaType), bytes };
}

function storeOf({ files }: Pick<Call<unknown>, 'files'>): FileStore {
  if (!files) throw new Error('This process has no file store');
  return files;
}

type FileField = Extract<FormField, { type: 'file' }>;

/** Who may give this task a file now, or a Refusal. */
async function openField(
  call: Call<MemberPrincipal | ExternalPrincipal>,
  flowId: string,
  taskId: string,
  key: string,
): Promise<{ task: Task; field: FileField }> {
  const { flow } = await flowTruth(call, call.principal.orgId, flowId);
  const task = findTask(flow, taskId);
  if (!task || !mayKnow(call.principal, task)) {
    throw new Refusal('not_found', 'This flow has no such task for you. Nothing changed.');
  }
  try {
    needDoer(actorOf(call.principal), task, 'add a file to');
  } catch (error) {
    throw error instanceof Refused ? new Refusal(error.refusal.code, error.refusal.message) : error;
  }
  if (!canBeFilledIn(flow, task)) {
    throw new Refusal('task_not_ready', `${quote(task.title)} takes no files now: it is not open. Nothing changed.`);
  }
  const field = task.fields.find((f) => f.key === key);
  if (field?.type !== 'file') {
    throw new Refusal(
      'answers_invalid',
      `${quote(task.title)} asks for no file called ${quote(key)}. Nothing changed.`,
    );
  }
  return { task, field };
}

/** Nobody knows that it was paused while they wrote: what they fill in is there when it goes on. */
export const canBeFilledIn = (flow: Pick<Flow, 'status'>, task: Pick<Task, 'status'>): boolean =>
  (flow.status === 'ACTIVE' || flow.status === 'PAUSED') && task.status === 'READY';

/** A client knows of no task but their own. */
export const mayKnow = (principal: MemberPrincipal | ExternalPrincipal, task: Pick<Task, 'assignee'>): boolean =>
  principal.kind === 'member' || (task.assignee?.kind === 'external' && task.assignee.id === principal.externalId);

/** Takes the file that came with the call. It is not an answer yet: that it is when the form is sent with its id. */
export async function takeFile(
  call: Call<MemberPrincipal | ExternalPrincipal>,
  flowId: string,
  taskId: string,
  key: string,
): Promise<{ file: FileFacts; field: FileField; task: Task }> {
  const { upload, principal, now } = call;
  if (!upload) throw new Refusal('bad_input', 'No file came along. Choose one and send it again. Nothing changed.');
  const { task, field } = await openField(call, flowId, taskId, key);
  const actor = actorOf(principal);
  const id = newId('fi');
  const name = fileName(upload.name);
  const storeKey = `${principal.orgId}/${flowId}/${id}`;
  await call.database.withOrg(principal, async (trx) => {
    if ((await countUnsent(trx, flowId, actor.id)) >= limits.filesUnsent) {
      throw new Refusal(
        'too_many_files',
        `${limits.filesUnsent} files wait here that were not sent with their form. Send or remove some first. Nothing changed.`,
      );
    }
    const { orgId } = principal;
    await beginFile(trx, { orgId, id, flowId, taskId, fieldKey: key, storeKey, name, by: actor, at: new Date(now) });
  });
  try {
    const is = await store(storeOf(call), storeKey, upload.bytes, name, field);
    if (!(await call.database.withOrg(principal, (trx) => finishFile(trx, id, is))))
      throw new Refusal('not_found', `${quote(name)} is not kept: what it was for was deleted meanwhile.`);
    const file = { id, field: key, name, size: is.size, mediaType: is.mediaType, at: iso(now) };
    return { file, field, task };
  } catch (error) {
    // The row goes, and with it, by the clean-up, whatever had come of the bytes.
    const noted = await call.database.withOrg(principal, (trx) => dropUnsent(trx, [id]));
    // Who deleted the row while they came found no bytes to take.
    if (noted === 0) await storeOf(call).delete(storeKey);
    throw error;
  }
}

async function store(files: FileStore, key: string, bytes: Readable, name: string, field: FileField) {
  const measure = new Measure(limits.fileBytes);
  bytes.on('error', (error) => measure.destroy(error));
  try {
    await files.put(key, bytes.pipe(measure));
  } catch (error) {
    // Of a source that broke off, the fault is no store's.
    if (!(error instanceof FileTooLarge)) throw bytes.errored ? error : new FilesAway(error);
    throw new Refusal(
      'file_too_large',
      `${quote(name)} is larger than 25 MB, which is the most. Make it smaller, or send a link to it. Nothing changed.`,
    );
  }
  if (measure.counted === 0) throw new Refusal('file_empty', `${quote(name)} is empty. Nothing changed.`);
  const is = await sniff(measure.head, name);
  if (is === null) {
    throw new Refusal('file_refused', `${quote(name)} is a program, and programs are not taken. Nothing changed.`);
  }
  needKind(field, is, name);
  return { size: measure.counted, mediaType: is.mediaType, sha256: measure.sha256() };
}

export const kindWords: Record<FileKind, string> = {
  image: 'an image',
  pdf: 'a PDF',
  document: 'a text document',
  spreadsheet: 'a table',
  presentation: 'a presentation',
  text: 'plain text',
  archive: 'an archive',
};

function needKind(field: FileField, is: Sniffed, name: string): void {
  if (field.accept.length === 0 || field.accept.some((kind) => kind === is.kind)) return;
  const wanted = field.accept.map((k) => kindWords[k]).join(' or ');
  throw new Refusal(
    'file_refused',
    `${quote(name)} is not what ${quote(field.label)} asks for: ${wanted}. Nothing changed.`,
  );
}

/** Without a path, control or direction characters; never empty. */
function fileName(given: string): string {
  const name = plain(given.split(/[/\\]/).at(-1) ?? '').replace(/^\.+/, '');
  if (name.length <= limits.fileName) return name === '' ? 'file' : name;
  const ending = /\.[A-Za-z0-9]{1,10}$/.exec(name)?.[0] ?? '';
  return short(name.slice(0, -ending.length || undefined), limits.fileName - ending.length) + ending;
}

/** Refuses answers that name files which are not there, or belong to another field. */
export async function needFiles(trx: Trx, flowId: string, taskId: string, answers: Answers | undefined): Promise<void> {
  if (!answers) return;
  const task = await trx
    .selectFrom('tasks')
    .select(['title', 'fields'])
    .where('flow_id', '=', flowId)
    .where('id', '=', taskId)
    .executeTakeFirst();
  const asked = task?.fields.filter((f) => f.type === 'file' && (answers[f.key] ?? '') !== '') ?? [];
  if (!task || asked.length === 0) return;
  const there = await filesOf(trx, flowId, taskId);
  for (const field of asked) {
    const missing = fileIdsOf(answers[field.key] ?? '').filter(
      (id) => !there.some((f) => f.id === id && f.field_key === field.key),
    );
    if (missing.length > 0) {
      throw new Refusal(
        'answers_invalid',
        `${quote(field.label)} names ${count(missing.length, 'file')} that ${missing.length === 1 ? 'is' : 'are'} not there. Upload what is missing to ${quote(task.title)} first. Nothing changed.`,
      );
    }
  }
}

/**
 * A client's answers with the files that their form holds: those of the draft, else of what was answered before. A page's
 * own word on them may be older: they come and go by themselves, while one types or in another tab.
 */
export async function withHeldFiles(
  trx: Trx,
  whose: ExternalPrincipal,
  task: Pick<Task, 'id' | 'fields' | 'answers'>,
  answers: Answers,
): Promise<Record<string, string>> {
  const asked = task.fields.filter((f) => f.type === 'file');
  if (asked.length === 0) return { ...answers };
  const held = (await draftsOf(trx, whose)).get(task.id)?.answers ?? task.answers ?? {};
  const there = new Set((await filesOf(trx, whose.flowId, task.id)).map((f) => f.id));
  const files = asked.map((f) => [
    f.key,
    fileIdsOf(held[f.key] ?? '')
      .filter((id) => there.has(id))
      .join(','),
  ]);
  return { ...answers, ...Object.fromEntries(files) };
}

/** The same, of a task as the lists have it: what is sent. */
export async function answersToSend(
  trx: Trx,
  whose: ExternalPrincipal,
  taskId: string,
  answers: Answers,
): Promise<Answers> {
  const task = await trx
    .selectFrom('tasks')
    .select(['id', 'fields', 'answers'])
    .where('flow_id', '=', whose.flowId)
    .where('id', '=', taskId)
    .executeTakeFirst();
  return task ? withHeldFiles(trx, whose, task, answers) : answers;
}

/** A whole file, and the task it belongs to as the flow has it; null when there is none. */
export async function findWithTask(
  call: Call<MemberPrincipal | ExternalPrincipal>,
  id: string,
): Promise<{ file: FileRow; flow: Flow; task: Task } | null> {
  const file = await call.database.withOrg(call.principal, (trx) => findFile(trx, id));
  if (!file || (call.principal.kind === 'external' && file.flow_id !== call.principal.flowId)) return null;
  const { flow } = await flowTruth(call, call.principal.orgId, file.flow_id);
  const task = findTask(flow, file.task_id);
  return task && mayKnow(call.principal, task) ? { file, flow, task } : null;
}
