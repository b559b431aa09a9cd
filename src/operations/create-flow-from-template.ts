import { z } from 'zod';
import { findFlowById } from '../db/flows.ts';
import { readTimeZone } from '../db/people.ts';
import { readTemplateVersion } from '../db/templates.ts';
import { createFlow } from '../domain/create.ts';
import { limits } from '../domain/limits.ts';
import { nameOf } from '../domain/naming.ts';
import { rolesIn, withClients } from '../domain/roles.ts';
import { idFrom } from '../platform/ids.ts';
import { accepted, acceptedText, actorOf, applied, commandInput, commandOutput, factsOf } from './command.ts';
import { peopleFor, roleLines, roleShape, rolesInput } from './flow-roles.ts';
import { flowTruth } from './flow-truth.ts';
import { findTemplate, nameOrId } from './names.ts';
import { madeLongAgo } from './once.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { count, lines, plain, quote } from './words.ts';

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
  input: z.strictObject({
    template: nameOrId('Name or id'),
    name: nameOf(limits.name).describe('What to call the flow, such as the client'),
    roles: rolesInput,
    ...commandInput,
  }),
  output: z.object({
    ...commandOutput,
    template: z.object({ id: z.string(), name: z.string(), version: z.number().int() }),
    tasks: z.number().int(),
    roles: z.array(roleShape),
    gone: z.array(z.string()).describe('Members named in the template who left: their tasks lie with nobody'),
  }),
  async handler(call, { template: ref, name, roles = {} }) {
    const { principal, commandId, fingerprint, now } = call;
    // From org and command id, so that the same command finds the same flow again.
    const flowId = idFrom('fl', principal.orgId, commandId);
    const { found, template, known, timeZone, people } = await call.database.withOrg(principal, async (trx) => {
      const found = await findTemplate(trx, ref);
      const template = await readTemplateVersion(trx, found.id, found.version);
      if (!template) throw new Error(`Version ${found.version} of template ${found.id} is missing.`);
      const timeZone = await readTimeZone(trx, principal.orgId);
      const known = await findFlowById(trx, flowId);
      // What was made already is not asked for its people again: they may have left.
      const people = await peopleFor(trx, template, known ? {} : roles, flowId, principal.userId);
      return { found, template, timeZone, people, known };
    });
    const by = actorOf(principal);
    const draft = createFlow({
      id: flowId,
      orgId: principal.orgId,
      name,
      template: { id: found.id, name: found.name, version: found.version },
      steps: template.steps,
      timeZone,
      by,
      at: now,
      memberFor: people.memberFor,
      taskId: (key) => idFrom('tk', flowId, key),
    });
    const decision = withClients(draft, people.clients, by, now);
    if (!decision.ok) throw new Refusal(decision.refusal.code, decision.refusal.message);
    const { flow } = decision;
    const sent = known
      ? await call.flows.ask(principal.orgId, flowId, commandId)
      : await call.flows.create(flow, { commandId, fingerprint });
    const { flow: asMade } = known ? await flowTruth(call, principal.orgId, flowId) : { flow };
    const made = { template: flow.template, tasks: flow.tasks.length, roles: rolesIn(asMade), gone: [...people.gone] };
    if (sent.state === 'applied' && sent.answer.outcome !== null) {
      return { ...factsOf(applied(sent.answer, call)), ...made };
    }
    const facts = factsOf(accepted(commandId, known ?? flow));
    // Made long ago, and Temporal has forgotten it since it ended: the read model has not.
    if (known && sent.state === 'gone') {
      if (asMade.name !== name || asMade.template.id !== found.id) throw madeLongAgo(commandId, flowId);
      return { ...facts, state: 'applied' as const, flow: { ...facts.flow, status: known.status }, ...made };
    }
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
