/** Flows in the read model. */
import { type ExpressionBuilder, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { FlowStatus, TaskStatus } from '../domain/flow.ts';
import { limits } from '../domain/limits.ts';
import type { Cursor } from './cursor.ts';
import type { Trx } from './database.ts';
import type { FlowRow, Tables, TaskRow } from './schema.ts';

/** A member, a client of one flow, or a client in all flows that they are in. */
export type Somebody =
  | { readonly kind: 'member' | 'external'; readonly id: string }
  | { readonly kind: 'external'; readonly email: string };

/** With whom a task may lie: one person, any client, or nobody. */
export type Those = Somebody | 'clients' | 'nobody';

const liesWith = (table: 't' | 'tasks', who: Those): RawBuilder<SqlBool> => {
  const [kind, id] = [sql.ref(`${table}.assignee_kind`), sql.ref(`${table}.assignee_id`)];
  if (who === 'nobody') return sql`${kind} is null`;
  if (who === 'clients') return sql`${kind} = 'external'`;
  return 'id' in who
    ? sql`${kind} = ${who.kind} and ${id} = ${who.id}`
    : sql`${kind} = ${who.kind} and ${id} in (select e.id from external_users e where e.email = ${who.email})`;
};

export interface FlowFilter {
  readonly status?: FlowStatus | undefined;
  readonly changedSince?: Date | undefined;
  /** ACTIVE flows with an overdue task; with false, all others. */
  readonly overdue?: boolean | undefined;
  /** ACTIVE flows with a READY task that lies with them. */
  readonly waitsOn?: Those | undefined;
  readonly templateId?: string | undefined;
  /** Beginnings of words, each of which the flow's name or one of its clients has. No flow fits none of them. */
  readonly words?: readonly string[] | undefined;
}

const hasTask = (which: RawBuilder<unknown>) =>
  sql<SqlBool>`exists (select from tasks t where t.org_id = flows.org_id and t.flow_id = flows.id
    and t.status = 'READY' and ${which})`;

/** Of an ACTIVE flow: one of its tasks is overdue. */
const isLate = sql<SqlBool>`flows.first_due < now()`;

/** A flow in a list: with how many of its tasks are overdue, and the most pressing task. */
export interface ListedFlow
  extends Pick<
    FlowRow,
    | 'id'
    | 'name'
    | 'status'
    | 'time_zone'
    | 'template_name'
    | 'percent'
    | 'done'
    | 'counting'
    | 'created_at'
    | 'updated_at'
    | 'finished_at'
  > {
  readonly overdue: number;
  readonly next: {
    readonly id: string;
    readonly title: string;
    readonly assignee_kind: 'member' | 'external' | null;
    readonly assignee_id: string | null;
    readonly assignee_name: string | null;
    readonly due_at: string | null;
  } | null;
}

const matching = (filter: FlowFilter) => (eb: ExpressionBuilder<Tables, 'flows'>) => {
  const wanted = [];
  if (filter.status) wanted.push(eb('flows.status', '=', filter.status));
  if (filter.changedSince) wanted.push(eb('flows.updated_at', '>=', filter.changedSince));
  if (filter.templateId) wanted.push(eb('flows.template_id', '=', filter.templateId));
  if (filter.overdue || filter.waitsOn) wanted.push(eb('flows.status', '=', 'ACTIVE'));
  if (filter.overdue) wanted.push(isLate);
  if (filter.overdue === false) wanted.push(sql<SqlBool>`not (flows.status = 'ACTIVE' and coalesce(${isLate}, false))`);
  if (filter.waitsOn) wanted.push(hasTask(liesWith('t', filter.waitsOn)));
  if (filter.words?.length === 0) wanted.push(sql<SqlBool>`false`);
  for (const word of filter.words ?? []) {
    wanted.push(sql<SqlBool>`exists (select from flow_words w where w.org_id = flows.org_id and w.flow_id = flows.id
      and w.word >= lower(${word}) and w.word < lower(${word}) || ${'\u{10ffff}'})`);
  }
  return eb.and(wanted);
};

/** One page, newest first, in one query. A page before a row comes in the same order. */
export async function listFlows(
  trx: Trx,
  filter: FlowFilter,
  after: Cursor | null,
  limit: number,
): Promise<ListedFlow[]> {
  let query = trx
    .selectFrom('flows')
    .select([
      'id',
      'name',
      'status',
      'time_zone',
      'template_name',
      'percent',
      'done',
      'counting',
      'created_at',
      'updated_at',
      'finished_at',
    ])
    .select(
      sql<number>`case when flows.status = 'ACTIVE' and ${isLate} then (select count(*)::int from tasks t
        where t.org_id = flows.org_id and t.flow_id = flows.id and t.status = 'READY' and t.due_order < now()) else 0 end`.as(
        'overdue',
      ),
    )
    .select(
      sql<
        ListedFlow['next']
      >`case when flows.status in ('ACTIVE', 'PAUSED') then (select jsonb_build_object('id', t.id, 'title', t.title,
        'assignee_kind', t.assignee_kind, 'assignee_id', t.assignee_id, 'assignee_name', t.assignee_name, 'due_at', t.due_at)
        from tasks t where t.org_id = flows.org_id and t.flow_id = flows.id and t.status = 'READY'
        order by t.due_order, t.position limit 1) end`.as('next'),
    )
    .where(matching(filter))
    .limit(limit);
  if (after?.back) {
    const rows = await query
      .where(sql<SqlBool>`(flows.created_at, flows.id) > (${after.at}::timestamptz, ${after.id})`)
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    return rows.reverse();
  }
  if (after) query = query.where(sql<SqlBool>`(flows.created_at, flows.id) < (${after.at}::timestamptz, ${after.id})`);
  return query.orderBy('created_at', 'desc').orderBy('id', 'desc').execute();
}

/** `stopped`: there may be more, since counting ended at `limits.counted`. */
export interface Counted {
  readonly n: number;
  readonly stopped: boolean;
}

const counted = (n: number): Counted => ({ n, stopped: n >= limits.counted });

export interface CountedFlows extends Counted {
  /** How many of them are ACTIVE and have an overdue task, counted up to `limits.counted`. */
  readonly late: number;
}

/** How many flows fit. For all flows, and those of a status, it is read from kept counts and never stops. */
export async function countFlows(trx: Trx, filter: FlowFilter): Promise<CountedFlows> {
  const { status, ...more } = filter;
  const isKept = Object.values(more).every((wanted) => wanted === undefined);
  const kept = () =>
    trx
      .selectFrom('flow_counts')
      .select(({ fn }) => fn.coalesce(fn.sum<string>('n'), sql<string>`0`).as('n'))
      .$if(status !== undefined, (query) => query.where('status', '=', status ?? 'ACTIVE'));
  const { n, late } = await trx
    .selectNoFrom([
      (isKept ? kept() : upToEnough(trx, filter)).as('n'),
      (filter.overdue === false ? none : upToEnough(trx, { ...filter, overdue: true })).as('late'),
    ])
    .executeTakeFirstOrThrow();
  return { n: Number(n), stopped: !isKept && Number(n) >= limits.counted, late: Number(late) };
}

const none = sql<string>`0`;

/** In the order of an index, so that it is walked until there are enough. */
function upToEnough(trx: Trx, filter: FlowFilter) {
  const few = trx.selectFrom('flows').select('id').where(matching(filter)).limit(limits.counted);
  const ordered = filter.overdue ? few.orderBy('first_due') : few.orderBy('created_at', 'desc').orderBy('id', 'desc');
  return trx.selectFrom(ordered.as('few')).select(({ fn }) => fn.countAll<string>().as('n'));
}

export async function countByStatus(trx: Trx): Promise<Record<FlowStatus, number>> {
  const rows = await trx.selectFrom('flow_counts').select(['status', 'n']).execute();
  const counts = { DRAFT: 0, ACTIVE: 0, PAUSED: 0, COMPLETED: 0, CANCELLED: 0 };
  for (const row of rows) counts[row.status] = row.n;
  return counts;
}

export type FoundFlow = Pick<
  FlowRow,
  'id' | 'name' | 'status' | 'percent' | 'time_zone' | 'template_name' | 'created_at'
>;
const found = ['id', 'name', 'status', 'percent', 'time_zone', 'template_name', 'created_at'] as const;

export function findFlowById(trx: Trx, id: string): Promise<FoundFlow | undefined> {
  return trx.selectFrom('flows').select(found).where('id', '=', id).executeTakeFirst();
}

/** What is looked for is composed, and what was called so before names were may not be. */
const isKey = (key: RawBuilder<unknown>, name: string) =>
  sql<SqlBool>`${key} in (lower(${name}), lower(${name.normalize('NFD')}))`;

/** Flows of this very name, letter case aside. */
export function findFlowsByName(trx: Trx, name: string, limit: number): Promise<FoundFlow[]> {
  return trx
    .selectFrom('flows')
    .select(found)
    .where(isKey(sql`name_key`, name))
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Flows whose name contains the words; the newest first. */
export function findFlowsLike(trx: Trx, part: string, limit: number): Promise<FoundFlow[]> {
  return trx
    .selectFrom('flows')
    .select(found)
    .where(sql<SqlBool>`position(lower(${part}) in name_key) > 0`)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Names to compare a mistyped one with: the newest flows. */
export function recentFlows(trx: Trx, limit: number): Promise<FoundFlow[]> {
  return trx.selectFrom('flows').select(found).orderBy('created_at', 'desc').orderBy('id').limit(limit).execute();
}

export interface TaskFilter {
  readonly status?: TaskStatus | undefined;
  /** READY and past its due date, in an ACTIVE flow; with false, all others. */
  readonly overdue?: boolean | undefined;
  readonly assignee?: Those | undefined;
  readonly flowId?: string | undefined;
}

export interface ListedTask
  extends Pick<
    TaskRow,
    | 'id'
    | 'flow_id'
    | 'title'
    | 'type'
    | 'status'
    | 'assignee_kind'
    | 'assignee_id'
    | 'assignee_name'
    | 'due_at'
    | 'round'
  > {
  readonly due_order: Date | number;
  readonly flow_name: string;
  readonly flow_status: FlowStatus;
  readonly flow_time_zone: string;
}

const fitting = (filter: TaskFilter) => (eb: ExpressionBuilder<Tables, 'tasks' | 'flows'>) => {
  const wanted = [];
  if (filter.flowId) wanted.push(eb('tasks.flow_id', '=', filter.flowId));
  if (filter.status) wanted.push(eb('tasks.status', '=', filter.status));
  if (filter.overdue === true) {
    wanted.push(
      eb('tasks.status', '=', 'READY'),
      eb('tasks.due_order', '<', sql<Date>`now()`),
      eb('flows.status', '=', 'ACTIVE'),
    );
  }
  if (filter.overdue === false) {
    wanted.push(sql<SqlBool>`not (tasks.status = 'READY' and tasks.due_order < now() and flows.status = 'ACTIVE')`);
  }
  if (filter.assignee) wanted.push(liesWith('tasks', filter.assignee));
  return eb.and(wanted);
};

const tasksWithFlows = (trx: Trx) =>
  trx
    .selectFrom('tasks')
    .innerJoin('flows', (join) =>
      join.onRef('flows.org_id', '=', 'tasks.org_id').onRef('flows.id', '=', 'tasks.flow_id'),
    );

/** One page over all flows, what is due first first, in one query. */
export async function listTasks(
  trx: Trx,
  filter: TaskFilter,
  after: Cursor | null,
  limit: number,
): Promise<ListedTask[]> {
  let query = tasksWithFlows(trx)
    .select([
      'tasks.id',
      'tasks.flow_id',
      'tasks.title',
      'tasks.type',
      'tasks.status',
      'tasks.assignee_kind',
      'tasks.assignee_id',
      'tasks.assignee_name',
      'tasks.due_at',
      'tasks.due_order',
      'tasks.round',
      'flows.name as flow_name',
      'flows.status as flow_status',
      'flows.time_zone as flow_time_zone',
    ])
    .where(fitting(filter))
    .limit(limit);
  if (after?.back) {
    const rows = await query
      .where(sql<SqlBool>`(tasks.due_order, tasks.id) < (${after.at}::timestamptz, ${after.id})`)
      .orderBy('tasks.due_order', 'desc')
      .orderBy('tasks.id', 'desc')
      .execute();
    return rows.reverse();
  }
  if (after) query = query.where(sql<SqlBool>`(tasks.due_order, tasks.id) > (${after.at}::timestamptz, ${after.id})`);
  return query.orderBy('tasks.due_order').orderBy('tasks.id').execute();
}

/** How many tasks fit. */
export async function countTasks(trx: Trx, filter: TaskFilter): Promise<Counted> {
  const row = await trx
    .selectFrom(
      tasksWithFlows(trx)
        .select('tasks.id')
        .where(fitting(filter))
        .orderBy('tasks.due_order')
        .orderBy('tasks.id')
        .limit(limits.counted)
        .as('few'),
    )
    .select(({ fn }) => fn.countAll<string>().as('n'))
    .executeTakeFirstOrThrow();
  return counted(Number(row.n));
}

export type FoundTask = Pick<TaskRow, 'id' | 'title' | 'status' | 'flow_id'> & {
  flow_name: string;
  time_zone: string;
};

/** Tasks to find one by its id or title in: of one flow or of all, or with `open` of those that are not over. */
export function findTasks(
  trx: Trx,
  wanted: { id?: string; title?: string; flowId?: string; open?: boolean },
  limit: number,
): Promise<FoundTask[]> {
  let query = tasksWithFlows(trx)
    .select(['tasks.id', 'tasks.title', 'tasks.status', 'tasks.flow_id', 'flows.name as flow_name', 'flows.time_zone'])
    .orderBy('flows.created_at', 'desc')
    .orderBy('flows.id')
    .orderBy('tasks.position')
    .limit(limit);
  if (wanted.id !== undefined) query = query.where('tasks.id', '=', wanted.id);
  if (wanted.title !== undefined) query = query.where(isKey(sql`tasks.title_key`, wanted.title));
  if (wanted.flowId !== undefined) query = query.where('tasks.flow_id', '=', wanted.flowId);
  if (wanted.open) query = query.where('flows.status', 'in', ['DRAFT', 'ACTIVE', 'PAUSED']);
  return query.execute();
}

export interface Overview {
  /** Running flows in which a task is READY that lies with this person. */
  readonly needMe: number;
  /** READY tasks of running flows that lie with this person. */
  readonly myTasks: number;
  /** Clients with an overdue task: among the hundred tasks of clients that are late the longest. */
  readonly clientsLate: number;
  /** Running flows with an overdue task. */
  readonly late: number;
  /** Running flows with a READY task that lies with a client. */
  readonly waitOnClients: number;
  /** Running flows with a READY task that lies with nobody. */
  readonly waitOnNobody: number;
}

/** What matters to one person at a glance, in one query; each counted up to a hundred. */
export async function overview(trx: Trx, userId: string): Promise<Overview> {
  const flowsThat = (which: RawBuilder<SqlBool>) => sql`(select count(*)::int from (select from flows
    where flows.status = 'ACTIVE' and ${which} order by flows.created_at desc, flows.id desc limit ${limits.counted}) few)`;
  const tasksWith = (what: string, which: RawBuilder<unknown>) => sql`(select count(${sql.raw(what)})::int from (
    select t.assignee_id from tasks t join flows f on f.org_id = t.org_id and f.id = t.flow_id
    where t.status = 'READY' and f.status = 'ACTIVE' and ${which} order by t.due_order limit ${limits.counted}) few)`;
  const mine = sql`t.assignee_kind = 'member' and t.assignee_id = ${userId}`;
  const { rows } = await sql<Overview>`select
    ${flowsThat(hasTask(mine))} as "needMe",
    ${tasksWith('*', mine)} as "myTasks",
    ${tasksWith('distinct assignee_id', sql`t.assignee_kind = 'external' and t.due_order < now()`)} as "clientsLate",
    (select count(*)::int from (select from flows where flows.status = 'ACTIVE' and ${isLate} order by first_due limit ${limits.counted}) few) as late,
    ${flowsThat(hasTask(sql`t.assignee_kind = 'external'`))} as "waitOnClients",
    ${flowsThat(hasTask(sql`t.assignee_kind is null`))} as "waitOnNobody"`.execute(trx);
  const none = { needMe: 0, myTasks: 0, clientsLate: 0, late: 0, waitOnClients: 0, waitOnNobody: 0 };
  return rows[0] ?? none;
}

export interface Slowest {
  readonly flowId: string;
  readonly flowName: string;
  readonly taskId: string;
  readonly title: string;
  readonly assignee_kind: 'member' | 'external' | null;
  readonly assignee_name: string | null;
  readonly due_at: Date | null;
}

/** The task of a running flow that has been overdue the longest. */
export function slowest(trx: Trx): Promise<Slowest | undefined> {
  return tasksWithFlows(trx)
    .select([
      'flows.id as flowId',
      'flows.name as flowName',
      'tasks.id as taskId',
      'tasks.title',
      'tasks.assignee_kind',
      'tasks.assignee_name',
      'tasks.due_at',
    ])
    .where(fitting({ overdue: true }))
    .orderBy('tasks.due_order')
    .orderBy('tasks.id')
    .limit(1)
    .executeTakeFirst();
}
