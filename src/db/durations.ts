/** How long tasks took, for forecasts. */
import { sql } from 'kysely';
import type { Durations } from '../domain/forecast.ts';
import { type TaskType, taskTypes } from '../domain/template.ts';
import type { Trx } from './database.ts';

/** What is long past says little, and costs: the newest flows of the template, and the org's latest tasks. */
const most = { flows: 200, tasks: 500 };

/** What was done within a minute of being READY had been done before, and was ticked off: it tells no time. */
const tickedOff = sql`interval '1 minute'`;

interface Took {
  readonly key: string | null;
  readonly type: TaskType;
  readonly ms: number;
}

/** The times of finished tasks from READY to done, in one query: of other flows of this template, and of the org. */
export async function readDurations(trx: Trx, templateId: string, flowId: string): Promise<Durations> {
  const { rows } = await sql<Took>`
    select t.key, t.type, (extract(epoch from t.done_at - t.ready_at) * 1000)::float8 as ms
    from (select org_id, id from flows where template_id = ${templateId} and id <> ${flowId}
          order by created_at desc, id desc limit ${most.flows}) f
    join tasks t on t.org_id = f.org_id and t.flow_id = f.id
    where t.status = 'COMPLETED' and t.done_at - t.ready_at >= ${tickedOff}
    union all
    (select null, type, (extract(epoch from done_at - ready_at) * 1000)::float8
     from tasks where status = 'COMPLETED' and done_at - ready_at >= ${tickedOff}
     order by done_at desc limit ${most.tasks})`.execute(trx);
  const byStep = new Map<string, number[]>();
  for (const { key, ms } of rows) {
    if (key === null) continue;
    const times = byStep.get(key);
    if (times) times.push(ms);
    else byStep.set(key, [ms]);
  }
  const ofType = (type: TaskType) => rows.filter((r) => r.key === null && r.type === type).map((r) => r.ms);
  return { byStep, byType: new Map(taskTypes.map((type) => [type, ofType(type)])) };
}
