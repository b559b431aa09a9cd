/** Makes flows from the lines of an import; a line that was begun by a worker that died is gone on with. */
import { Context } from '@temporalio/activity';
import type { Database } from '../db/database.ts';
import {
  beginLines,
  countLines,
  failRest,
  findImport,
  finishImport,
  type ImportRow,
  listLines,
  noteFlow,
  settleLine,
  type WhyFailed,
} from '../db/imports.ts';
import { findMemberById } from '../db/members.ts';
import type { MemberRow } from '../db/people.ts';
import type { ImportLine } from '../db/schema.ts';
import type { ImportActivities } from '../workflows/contract.ts';
import { beating } from './beating.ts';
import { later } from './places.ts';

/** What became of a line; `later` is asked again, with the flow where that is made. */
type Outcome =
  | { readonly state: 'done'; readonly flowId: string }
  | { readonly state: 'failed'; readonly flowId: string | null; readonly error: string }
  | { readonly state: 'later'; readonly flowId: string | null };

export interface ImportActivitiesNeed {
  readonly database: Database;
  /** Makes the flow of one line as this member; twice does it once. */
  readonly importLine: (of: ImportRow, as: MemberRow, line: ImportLine) => Promise<Outcome>;
}

/** Why who began an import can't go on with it; null when they can. */
function whyNot(name: string, member: MemberRow | undefined): WhyFailed | null {
  const told = (why: string): WhyFailed => ({
    notMade: `${name}, who began this import, ${why}. Import what is left anew.`,
    halfMade: `${name}, who began this import, ${why}. The flow is made: invite and start there what is left.`,
  });
  if (member === undefined) return told('is no longer a member');
  return member.role === 'MEMBER' ? told('is no owner or admin any more') : null;
}

/** Some ten seconds, in which what it was begun with is committed or not. */
const looksForIt = 5;

const linesAtOnce = 5;
const linesPerActivity = 50;

export const makeImportActivities = ({ database, importLine }: ImportActivitiesNeed): ImportActivities => ({
  importSome: beating(async ({ orgId, importId }) => {
    const org = { orgId };
    const { found, lines } = await database.withOrg(org, async (trx) => ({
      found: await findImport(trx, importId),
      lines: await listLines(trx, importId, { state: 'PENDING', after: 0, most: linesPerActivity }),
    }));
    if (!found) {
      // It is begun before it can be seen. One that is not there for so long was not kept after all, or its org is deleted.
      if (Context.current().info.attempt < looksForIt) throw later('The import is not there yet');
      return { left: 0, settled: 0, total: 0 };
    }
    let settled = 0;
    const one = async (member: MemberRow, line: ImportLine): Promise<void> => {
      const outcome = await importLine(found, member, line);
      if (outcome.state === 'later') {
        const { flowId } = outcome;
        if (flowId !== null) await database.withOrg(org, (trx) => noteFlow(trx, importId, line.line, flowId));
        return;
      }
      const error = outcome.state === 'failed' ? outcome.error : null;
      await database.withOrg(org, (trx) => settleLine(trx, importId, line.line, { flowId: outcome.flowId, error }));
      settled++;
    };
    for (let i = 0; i < lines.length; i += linesAtOnce) {
      // As they are at this moment: a role that was lost is not used, nor a name that went with its account.
      const { member, why } = await database.withOrg(org, async (trx) => {
        const member = await findMemberById(trx, found.by.userId);
        const { by } = (await findImport(trx, importId)) ?? found;
        return { member, why: whyNot(by.name, member) };
      });
      if (why !== null) settled += await database.withOrg(org, (trx) => failRest(trx, importId, why));
      if (member === undefined || why !== null) break;
      const some = lines.slice(i, i + linesAtOnce);
      const begun = await database.withOrg(org, (trx) =>
        beginLines(
          trx,
          importId,
          some.map((l) => l.line),
        ),
      );
      await Promise.all(some.filter((l) => begun.has(l.line)).map(({ input }) => one(member, input)));
    }
    return database.withOrg(org, async (trx) => {
      const { pending } = await countLines(trx, importId);
      if (pending === 0) await finishImport(trx, importId, new Date());
      return { left: pending, settled, total: found.total };
    });
  }),
});
