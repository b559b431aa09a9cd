/** One line of an import becomes a flow: made, its client invited, started; each by a command of its own, so that twice does it once. */

import type { MemberRow } from '../db/people.ts';
import type { ImportLine } from '../db/schema.ts';
import { type Door, type MemberPrincipal, scopes } from '../oauth/principal.ts';
import { createFlowFromTemplate } from './create-flow-from-template.ts';
import { inviteExternalUser } from './invite-external-user.ts';
import type { Result, Tools } from './operation.ts';
import { updateFlowStatus } from './update-flow-status.ts';

/** `later`: nobody could say yet what became of all of it; the same again settles it. */
export type LineOutcome =
  | { readonly state: 'done'; readonly flowId: string }
  | { readonly state: 'failed'; readonly flowId: string | null; readonly error: string }
  | { readonly state: 'later'; readonly flowId: string | null };

/** What passes by itself. */
const passing = new Set(['engine_unavailable', 'database_unavailable', 'flow_busy', 'too_many_invitations']);

interface Of {
  readonly org_id: string;
  readonly id: string;
  readonly template_id: string;
  readonly by: { readonly through?: Door };
}

/** As a member of today, through the door the import came by; `tools` are those of a worker, which writes no mail by itself. */
export const importerOf =
  (tools: Omit<Tools, 'now' | 'sendMail'>) =>
  (of: Of, { id: userId, name, email, role }: MemberRow, line: ImportLine): Promise<LineOutcome> =>
    importLine(
      { ...tools, sendMail: notHere, now: Date.now() },
      { kind: 'member', orgId: of.org_id, userId, name, email, role, through: of.by.through ?? 'web', scopes },
      of,
      line,
    );

const notHere: Tools['sendMail'] = ({ subject }) => {
  throw new Error(`An import sends no mail of this kind: ${subject}`);
};

async function importLine(tools: Tools, principal: MemberPrincipal, of: Of, line: ImportLine): Promise<LineOutcome> {
  const caller = (step: string) => ({ ...tools, principal, commandId: `${of.id}-${line.line}-${step}` });
  let flowId: string | null = null;
  // That nothing changed is true of the step, and not of a line whose flow is there.
  const whyOf = (text: string): string => (flowId === null ? text : text.replaceAll(' Nothing changed.', ''));
  const unsettled = (result: Result): LineOutcome | null => {
    if (!result.ok)
      return passing.has(result.code)
        ? { state: 'later', flowId }
        : { state: 'failed', flowId, error: whyOf(result.text) };
    return result.facts.state === 'accepted' ? { state: 'later', flowId } : null;
  };
  const made = await createFlowFromTemplate.run(caller('make'), { template: of.template_id, name: line.name });
  const notMade = unsettled(made);
  if (notMade || !made.ok) return notMade ?? { state: 'later', flowId };
  flowId = made.facts.flow.id;
  if (line.email !== null) {
    const { email, clientName, role } = line;
    const person = { email, ...(clientName !== '' && { name: clientName }), ...(role !== '' && { role }) };
    const invited = unsettled(await inviteExternalUser.run(caller('invite'), { flow: flowId, ...person }));
    if (invited) return invited;
  }
  if (line.start) {
    const date = line.startDate === null ? {} : { start_date: line.startDate };
    const started = unsettled(await updateFlowStatus.run(caller('start'), { flow: flowId, action: 'start', ...date }));
    if (started) return started;
  }
  return { state: 'done', flowId };
}
