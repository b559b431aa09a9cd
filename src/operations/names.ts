/** An id or a name, wherever a person would say a name. A name that fits several is an answer that lists them. */

import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { Trx } from '../db/database.ts';
import {
  type FoundFlow,
  type FoundTask,
  findFlowById,
  findFlowsByName,
  findFlowsLike,
  findTasks,
  recentFlows,
  type Somebody,
  type Those,
} from '../db/flows.ts';
import {
  type ClientRow,
  findClients,
  findClientsByWord,
  listClients,
  listMembers,
  type MemberRow,
} from '../db/people.ts';
import type { Tables } from '../db/schema.ts';
import { allTemplates, type ListedTemplate, usableTemplates } from '../db/templates.ts';
import { isFinal } from '../domain/flow.ts';
import { limits } from '../domain/limits.ts';
import { composed } from '../domain/naming.ts';
import { Refusal } from './refusal.ts';
import { count, lines, nearest, plain, quote } from './words.ts';

/** An input that takes an id or a name. */
export const nameOrId = (what: string) => z.string().overwrite(composed).min(1).max(limits.name).describe(what);

const candidatesShown = 10;

function several(wanted: string, what: string, found: readonly { id: string; line: string }[], ask: string): Refusal {
  const shown = found.slice(0, candidatesShown);
  const more = found.length > shown.length ? `- and ${found.length - shown.length} more` : null;
  return new Refusal(
    'ambiguous',
    lines(
      `${quote(wanted)} fits ${count(found.length, what)}. ${ask} Nothing changed.`,
      shown.map((f) => `- ${f.line} · \`${f.id}\``),
      more,
    ),
    { candidates: shown.map((f) => ({ id: f.id, name: f.line })) },
  );
}

/** How a thing may be called. `whole`: by all of its name, where what is then done to it can't be undone. */
export interface HowCalled {
  readonly whole?: boolean;
}

/** Part of a name is not enough for what can't be undone. */
const notWhole = (wanted: string, what: string, found: readonly { id: string; line: string }[]): Refusal =>
  several(wanted, what, found, "This can't be undone, so give the whole name or the id.");

const unknown = (text: string): Refusal => new Refusal('not_found', `${text} Nothing changed.`);

/** How far a cancelled one came is no part of how it stands. */
const stand = (f: FoundFlow): string => (f.status === 'CANCELLED' ? f.status : `${f.status}, ${f.percent}%`);

/** Each as a line, those that stand alike with what a person may tell them apart by. */
function flowLines(found: readonly FoundFlow[]): { readonly id: string; readonly line: string }[] {
  const lineOf = (f: FoundFlow): string => `${plain(f.name)} (${stand(f)})`;
  const isTwin = (f: FoundFlow): boolean => found.some((other) => other !== f && lineOf(other) === lineOf(f));
  return found.map((f) => ({ id: f.id, line: isTwin(f) ? `${lineOf(f)}, ${origin(f)}` : lineOf(f) }));
}

function origin(f: FoundFlow): string {
  const madeAt = new Intl.DateTimeFormat('en-GB', { timeZone: f.time_zone, dateStyle: 'medium', timeStyle: 'short' });
  return `from ${plain(f.template_name)}, made ${madeAt.format(f.created_at)}`;
}

/** One flow of this org. Of several with one name, the one that is not over is meant, if it is one. */
export async function findFlow(trx: Trx, ref: string, { whole = false }: HowCalled = {}): Promise<FoundFlow> {
  const byId = await findFlowById(trx, ref);
  if (byId) return byId;
  const same = await findFlowsByName(trx, ref, 50);
  const found = same.length > 0 ? same : await findFlowsLike(trx, ref, 50);
  if (whole && same.length === 0 && found.length > 0) throw notWhole(ref, 'flow', flowLines(found));
  const alive = found.filter((f) => !isFinal(f.status));
  const only = found.length === 1 ? found[0] : alive.length === 1 ? alive[0] : undefined;
  if (only) return only;
  if (found.length > 1) {
    throw several(ref, 'flow', flowLines(alive.length > 0 ? alive : found), 'Which one?');
  }
  const recent = await recentFlows(trx, 500);
  const near = nearest(
    ref,
    recent.map((f) => f.name),
  );
  const meant = recent.find((f) => f.name === near);
  throw unknown(
    `No flow is called ${quote(ref)}.${meant ? ` Did you mean "${plain(meant.name)}" (${stand(meant)})?` : ' `list_flows` shows them all.'}`,
  );
}

/** One task, of the given flow or of any. By title, flows that are not over go before those that are. */
export async function findTask(trx: Trx, ref: string, flow: FoundFlow | null): Promise<FoundTask> {
  const scope = flow ? { flowId: flow.id } : {};
  const byId = await findTasks(trx, { id: ref, ...scope }, 1);
  if (byId[0]) return byId[0];
  const open = await findTasks(trx, { title: ref, open: flow === null, ...scope }, 50);
  const same = open.length > 0 || flow ? open : await findTasks(trx, { title: ref }, 50);
  if (same.length === 1 && same[0]) return same[0];
  const line = (t: FoundTask): string => `${quote(t.title)} on ${plain(t.flow_name)}, ${t.status}`;
  if (same.length > 1) {
    throw several(
      ref,
      'task',
      same.map((t) => ({ id: t.id, line: line(t) })),
      flow ? 'Give the id.' : 'Name the flow too, or give the id.',
    );
  }
  if (!flow) throw unknown(`No flow has a task called ${quote(ref)}. Name the flow, or use \`list_tasks\`.`);
  const all = await findTasks(trx, { flowId: flow.id }, limits.tasksPerFlow);
  const part = all.filter((t) => t.title.toLowerCase().includes(ref.toLowerCase()));
  if (part.length === 1 && part[0]) return part[0];
  if (part.length > 1)
    throw several(
      ref,
      'task',
      part.map((t) => ({ id: t.id, line: line(t) })),
      'Which one?',
    );
  const near = nearest(
    ref,
    all.map((t) => t.title),
  );
  throw unknown(
    `${plain(flow.name)} has no task called ${quote(ref)}.${near ? ` Did you mean ${quote(near)}?` : ' `get_flow` shows its tasks.'}`,
  );
}

/** One template of this org, or a public one, that flows can be made from. */
export const findTemplate = async (trx: Trx, ref: string): Promise<ListedTemplate> =>
  pickTemplate(await usableTemplates(trx), ref);

/** One template that is seen, also one that was never published or is archived. */
export const findAnyTemplate = async (db: Kysely<Tables>, ref: string, how: HowCalled = {}): Promise<ListedTemplate> =>
  pickTemplate(await allTemplates(db), ref, how);

/** One template that flows were made from: also one that is archived, unless one on offer is called so too. */
export async function findTemplateOfFlows(trx: Trx, ref: string): Promise<ListedTemplate> {
  const offered = await usableTemplates(trx);
  return pickTemplate(templatesCalled(offered, ref).found.length > 0 ? offered : await allTemplates(trx), ref);
}

/** By the id; else by the whole name, one's own first; else by a part of it. */
function templatesCalled(all: readonly ListedTemplate[], ref: string) {
  const byId = all.filter((t) => t.id === ref);
  if (byId.length > 0) return { found: byId, exact: true };
  const wanted = ref.toLowerCase();
  const keyOf = (t: ListedTemplate): string => composed(t.name).toLowerCase();
  const exact = all.filter((t) => keyOf(t) === wanted);
  const own = exact.filter((t) => t.org_id !== null);
  if (exact.length > 0) return { found: own.length > 0 ? own : exact, exact: true };
  return { found: all.filter((t) => keyOf(t).includes(wanted)), exact: false };
}

function pickTemplate(all: readonly ListedTemplate[], ref: string, { whole = false }: HowCalled = {}): ListedTemplate {
  const { found, exact } = templatesCalled(all, ref);
  const told = found.map((t) => ({
    id: t.id,
    line: `${plain(t.name)}, ${count(t.step_count, 'step')}, ${t.org_id === null ? 'public' : 'yours'}`,
  }));
  if (whole && !exact && found.length > 0) throw notWhole(ref, 'template', told);
  if (found.length === 1 && found[0]) return found[0];
  if (found.length > 1) throw several(ref, 'template', told, 'Which one?');
  const near = nearest(
    ref,
    all.map((t) => t.name),
  );
  throw unknown(
    `No template is called ${quote(ref)}.${near ? ` Did you mean "${plain(near)}"?` : ' `list_templates` and `list_public_templates` show them all.'}`,
  );
}

/** One member of this org, by id, address or name; "me" is whoever asks. */
export async function findMember(
  trx: Trx,
  ref: string,
  me: string,
  { whole = false }: HowCalled = {},
): Promise<MemberRow> {
  const { found, exact } = await matchMembers(trx, ref, me);
  if (whole && !exact && found.length > 0) throw notWhole(ref, 'member', found.map(memberLine));
  if (found.length === 1 && found[0]) return found[0];
  if (found.length > 1) throw severalMembers(ref, found);
  throw await noMember(trx, ref);
}

export type FoundPerson = { kind: 'member' | 'external'; id: string; name: string };

/** A member, or else an external user of the flow. */
export async function findPerson(
  trx: Trx,
  ref: string,
  me: string,
  flow: { id: string; name: string },
): Promise<FoundPerson> {
  const { members, clients } = await matchPeople(trx, ref, me, flow.id);
  const [member, client] = [members[0], clients[0]];
  if (members.length + clients.length > 1) throw severalPeople(ref, members, clients, 'Give the address or the id.');
  if (member) return { kind: 'member', id: member.id, name: member.name };
  if (client) return { kind: 'external', id: client.id, name: client.name };
  throw await nobody(trx, ref, flow);
}

/** With whom tasks lie that are asked for. */
export async function findThose(trx: Trx, ref: string, me: string, flowId: string | null): Promise<Those> {
  const word = ref.toLowerCase();
  return word === 'nobody' || word === 'clients' ? word : findSomebody(trx, ref, me, flowId);
}

/** One of them, in all flows or in one: a client by the address, or a name of theirs alone, is one person in all of them. */
async function findSomebody(trx: Trx, ref: string, me: string, flowId: string | null): Promise<Somebody> {
  const { members, clients } = await matchPeople(trx, ref, me, flowId);
  const [member, client] = [members[0], clients[0]];
  const addresses = new Set(clients.map((c) => c.email));
  if (members.length + addresses.size > 1) throw severalPeople(ref, members, clients, 'Give the address or the id.');
  if (member) return { kind: 'member', id: member.id };
  if (client)
    return client.id === ref ? { kind: 'external', id: client.id } : { kind: 'external', email: client.email };
  throw await noMember(trx, ref);
}

/**
 * By id, address or whole name; a member goes before a client. Else by a word of the name, such as the first. A client who was
 * invited by the address alone has one such word for a name, which is meant for a member as well.
 */
async function matchPeople(
  trx: Trx,
  ref: string,
  me: string,
  flowId: string | null,
): Promise<{ readonly members: readonly MemberRow[]; readonly clients: readonly ClientRow[] }> {
  const { found, exact } = await matchMembers(trx, ref, me);
  if (exact) return { members: found, clients: [] };
  const clients = await findClients(trx, ref, flowId, 50);
  if (clients.length > 0) return { members: found, clients };
  return { members: found, clients: await findClientsByWord(trx, ref, flowId, 50) };
}

const clientLine = (c: ClientRow) => ({
  id: c.id,
  line: `client ${plain(c.name)}, ${c.email}, on ${plain(c.flow_name)}`,
});

const severalPeople = (
  ref: string,
  members: readonly MemberRow[],
  clients: readonly ClientRow[],
  ask: string,
): Refusal =>
  clients.length === 0
    ? severalMembers(ref, members)
    : several(
        ref,
        members.length === 0 ? 'external user' : 'person',
        [...members.map(memberLine), ...clients.map(clientLine)],
        ask,
      );

/** One external user of the flow. */
export async function findInvited(trx: Trx, ref: string, flow: Pick<FoundFlow, 'id' | 'name'>): Promise<ClientRow> {
  const [client, ...others] = await findClients(trx, ref, flow.id, 50);
  if (!client) throw unknown(`${plain(flow.name)} has no external user called ${quote(ref)}.`);
  if (others.length === 0) return client;
  throw several(
    ref,
    'external user',
    [client, ...others].map((c) => ({ id: c.id, line: `${plain(c.name)}, ${c.email}` })),
    'Give the address.',
  );
}

/** Members who are called this; by a part of the name, such as the first, when nobody is by all of it. */
async function matchMembers(
  trx: Trx,
  ref: string,
  me: string,
): Promise<{ readonly found: readonly MemberRow[]; readonly exact: boolean }> {
  const all = await listMembers(trx);
  const wanted = ref.toLowerCase();
  const exact = all.filter((m) =>
    wanted === 'me' ? m.id === me : m.id === ref || m.email === wanted || m.name.toLowerCase() === wanted,
  );
  if (exact.length > 0 || wanted === 'me') return { found: exact, exact: true };
  return { found: all.filter((m) => m.name.toLowerCase().split(/\s+/).includes(wanted)), exact: false };
}

const memberLine = (m: MemberRow) => ({ id: m.id, line: `${plain(m.name)}, ${m.email}` });

const severalMembers = (ref: string, found: readonly MemberRow[]): Refusal =>
  several(ref, 'member', found.map(memberLine), 'Which one?');

async function noMember(trx: Trx, ref: string): Promise<Refusal> {
  const near = nearPerson(ref, await listMembers(trx));
  return unknown(
    `Nobody here is called ${quote(ref)}.${near ? ` Did you mean ${plain(near)}?` : ' `list_org_members` shows the members.'}`,
  );
}

/** Nobody of the org nor of the flow; its clients are few enough to be told. */
async function nobody(trx: Trx, ref: string, flow: { id: string; name: string }): Promise<Refusal> {
  const clients = await listClients(trx, flow.id, candidatesShown + 1);
  const near = nearPerson(ref, [...(await listMembers(trx)), ...clients]);
  const shown = clients.slice(0, candidatesShown);
  const more = clients.length > shown.length ? '- and more' : null;
  return new Refusal(
    'not_found',
    lines(
      `Nobody here is called ${quote(ref)}.${near ? ` Did you mean ${plain(near)}?` : ' `list_org_members` shows the members.'} Nothing changed.`,
      shown.length > 0 && `Clients of ${plain(flow.name)}:`,
      shown.map((c) => `- ${plain(c.name)}, ${c.email} · \`${c.id}\``),
      more,
    ),
  );
}

const nearPerson = (ref: string, people: readonly { readonly name: string; readonly email: string }[]): string | null =>
  nearest(
    ref,
    people.flatMap((p) => [p.name, p.email, p.name.split(' ')[0] ?? p.name]),
  );
