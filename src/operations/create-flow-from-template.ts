import { z } from 'zod';
import type { Trx } from '../db/database.ts';
import { findFlowById } from '../db/flows.ts';
import { readTimeZone } from '../db/people.ts';
import { readFlow } from '../db/read-flow.ts';
import { readTemplateVersion } from '../db/templates.ts';
import { createFlow } from '../domain/create.ts';
import type { Flow } from '../domain/flow.ts';
import { limits } from '../domain/limits.ts';
import { nameOf } from '../domain/naming.ts';
import { rolesIn, withClients } from '../domain/roles.ts';
import type { MemberPrincipal } from '../oauth/principal.ts';
import { idFrom } from '../platform/ids.ts';
import { accepted, acceptedText, actorOf, applied, commandInput, commandOutput, factsOf } from './command.ts';
import { peopleFor, roleLines, roleShape, rolesInput } from './flow-roles.ts';
import type { Sent } from './gateway.ts';
import { findAnyTemplate, findTemplate, nameOrId } from './names.ts';
import { madeLongAgo, once } from './once.ts';
import { type Call, operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { count, lines, plain, quote } from './words.ts';

const inputShape = z.strictObject({
  template: nameOrId('Name or id'),
  name: nameOf(limits.name).describe('What to call the flow, such as the client'),
  roles: rolesInput,
  ...commandInput,
});
type Input = z.output<typeof inputShape>;

/** What is told of the flow as it was made, and kept: the template goes on, and so does the flow. */
const made = {
  template: z.object({ id: z.string(), name: z.string(), version: z.number().int() }),
  tasks: z.number().int(),
  roles: z.array(roleShape),
  gone: z.array(z.string()).describe('Members named in the template who left: their tasks lie with nobody'),
};
const madeShape = z.object(made);
type Made = z.infer<typeof madeShape>;

export const createFlowFromTemplate = operation({
  name: 'create_flow_from_template',
  title: 'Create a flow',
  description:
    "Makes a new DRAFT flow from a template (the organization's own or a public one), with all its tasks and dependencies. Nothing is sent to anyone until it is started with `update_flow_status`.",
  kind: 'write',
  access: 'admin',
  surfaces: ['mcp', 'rest', 'web'],
  rest: {
    method: 'POST',
    path: '/flows',
    example: { template: 'Client Onboarding', name: 'Acme Corp' },
    location: '/flows/{flow.id}',
  },
  input: inputShape,
  output: z.object({
    ...commandOutput,
    ...made,
  }),
  async handler(call, input) {
    const { principal, commandId, fingerprint } = call;
    // From org and command id, so that the same command finds the same flow again.
    const flowId = idFrom('fl', principal.orgId, commandId);
    // One that was just made up has made nothing.
    const before = call.commandIdGiven
      ? await call.database.withOrg(principal, (trx) => readFlow(trx, flowId, 1), { reads: true })
      : undefined;
    // Not within a transaction: Temporal may take its time, and the connection is for others too.
    const asked = before && (await call.flows.ask(principal.orgId, flowId, commandId));
    const { kept: made, fresh } = await once(call, madeShape, async (trx) => {
      if (asked) return { ...(await madeBefore(trx, call, input, before.flow, asked)), draft: null };
      return drafted(trx, call, flowId, input, await findTemplate(trx, input.template));
    });
    const again = async (trx: Trx) => {
      const known = await findFlowById(trx, flowId);
      // Kept, and then not started, or not told to the lists yet: from what it was to be made from, whatever became of that.
      return { known, draft: known ? null : (await drafted(trx, call, flowId, input, made.template)).draft };
    };
    const { known, draft } = fresh?.draft
      ? { known: undefined, draft: fresh.draft }
      : await call.database.withOrg(principal, again);
    const sent = draft
      ? await call.flows.create(draft, { commandId, fingerprint })
      : (asked ?? (await call.flows.ask(principal.orgId, flowId, commandId)));
    if (sent.state === 'applied') return { ...factsOf(applied(sent.answer, call)), ...made };
    const flow = known ? { ...known, timeZone: known.time_zone } : (draft ?? { id: flowId, name: input.name });
    const facts = factsOf(accepted(call, flow));
    // It is made, whoever does not answer now, or has forgotten the command since: the read model has it.
    if (known) return { ...facts, state: 'applied' as const, flow: { ...facts.flow, status: known.status }, ...made };
    return { ...facts, ...made };
  },
  text(f) {
    if (f.state === 'accepted') return acceptedText(f);
    return lines(
      `${plain(f.flow.name)} is made from ${quote(f.template.name)}: a DRAFT with ${count(f.tasks, 'task')} · \`${f.flow.id}\``,
      roleLines(f.roles),
      f.gone.length > 0 && `No longer members, so their tasks lie with nobody: ${f.gone.map(plain).join(', ')}.`,
      'Nothing was sent to anyone. Invite clients with `invite_external_user`, start it with `update_flow_status`.',
      f.listsMayLag && 'Lists may lag a moment behind this.',
    );
  },
});

const madeOf = (flow: Flow, gone: readonly string[]): Made => ({
  template: flow.template,
  tasks: flow.tasks.length,
  roles: rolesIn(flow),
  gone: [...gone],
});

/** The flow as it is to begin, from this version of the template. */
async function drafted(
  trx: Trx,
  { principal, now }: Call<MemberPrincipal>,
  flowId: string,
  { name, roles = {} }: Input,
  { id, name: called, version }: Made['template'],
): Promise<Made & { draft: Flow }> {
  const template = await readTemplateVersion(trx, id, version);
  if (!template) throw new Error(`Version ${version} of template ${id} is missing.`);
  const timeZone = await readTimeZone(trx, principal.orgId);
  const people = await peopleFor(trx, template, roles, flowId, principal.userId);
  const by = actorOf(principal);
  const draft = createFlow({
    id: flowId,
    orgId: principal.orgId,
    name,
    template: { id, name: called, version },
    steps: template.steps,
    timeZone,
    by,
    at: now,
    memberFor: people.memberFor,
    taskId: (key) => idFrom('tk', flowId, key),
  });
  const decision = withClients(draft, people.clients, by, now);
  if (!decision.ok) throw new Refusal(decision.refusal.code, decision.refusal.message);
  return { ...madeOf(decision.flow, people.gone), draft: decision.flow };
}

/**
 * Of a flow that is there already and of which no answer is kept: its command id was made up then, or it is long ago.
 * Refuses what asks for another one.
 */
async function madeBefore(
  trx: Trx,
  call: Call<MemberPrincipal>,
  { template, name }: Input,
  flow: Flow,
  sent: Sent,
): Promise<Made> {
  if (sent.state === 'applied') applied(sent.answer, call);
  else if (flow.name !== name || (await findAnyTemplate(trx, template)).id !== flow.template.id)
    throw madeLongAgo(call.commandId, flow.id);
  return madeOf(flow, []);
}
