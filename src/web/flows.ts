/** The members' pages about flows: the dashboard, a flow, my tasks, and every button on them. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { FlowStatus } from '../domain/flow.ts';
import { flowStatuses } from '../domain/flow.ts';
import { rolesOf } from '../domain/template.ts';
import type { Authority } from '../oauth/authority.ts';
import { addFile } from '../operations/add-file.ts';
import { approveTask } from '../operations/approve-task.ts';
import { assignTask } from '../operations/assign-task.ts';
import { commentOnTask } from '../operations/comment-on-task.ts';
import { completeTask } from '../operations/complete-task.ts';
import { createFlowFromTemplate } from '../operations/create-flow-from-template.ts';
import { explainFlow } from '../operations/explain-flow.ts';
import { findSameFlows } from '../operations/find-same-flows.ts';
import { getFile } from '../operations/get-file.ts';
import { getFlow } from '../operations/get-flow.ts';
import { getOverview } from '../operations/get-overview.ts';
import { getTask } from '../operations/get-task.ts';
import { getTemplate } from '../operations/get-template.ts';
import { inviteExternalUser } from '../operations/invite-external-user.ts';
import { listActivity } from '../operations/list-activity.ts';
import { listFlows } from '../operations/list-flows.ts';
import { listOrgMembers } from '../operations/list-org-members.ts';
import { listPublicTemplates } from '../operations/list-public-templates.ts';
import { listTasks } from '../operations/list-tasks.ts';
import { listTemplates } from '../operations/list-templates.ts';
import { manageInvitation } from '../operations/manage-invitation.ts';
import type { Operation, Tools } from '../operations/operation.ts';
import { remindAssignee } from '../operations/remind-assignee.ts';
import { reopenTask } from '../operations/reopen-task.ts';
import { setDueDate } from '../operations/set-due-date.ts';
import { skipTask } from '../operations/skip-task.ts';
import { updateFlowStatus } from '../operations/update-flow-status.ts';
import type { FlowFacts, TaskFacts } from './flow/view.tsx';
import { flowPage } from './flow-page.tsx';
import { type FlowsQuery, flowsPage } from './flows-page.tsx';
import { takeFiles } from './kit/body.ts';
import { sendFile } from './kit/download.ts';
import { answerName, answersIn, uploadKey } from './kit/field.tsx';
import { callerOf, memberRoutes, newCommandId, toSendAgain, type Visit } from './kit/member.ts';
import { need, settled } from './kit/need.ts';
import { PageTrouble, troubles } from './kit/trouble.tsx';
import { chooseTemplatePage, type NewFlowView, newFlowPage } from './new-flow-page.tsx';
import { tasksPage, taskViews } from './tasks-page.tsx';

export interface FlowRoutesOptions {
  readonly authority: Authority;
  readonly tools: () => Tools;
}

type Fields = Readonly<Record<string, string>>;

const statusOf = (text: string | undefined): FlowStatus | undefined => flowStatuses.find((s) => s === text);

/** The address of the dashboard as what it asks for; what it does not know is left out. */
function flowsQuery(query: Fields): FlowsQuery {
  const status = statusOf(query.status);
  const { waits_on, template, search } = query;
  return {
    ...(status && { status }),
    ...(query.overdue === 'true' && { overdue: 'true' as const }),
    ...(waits_on && { waits_on }),
    ...(template && { template }),
    ...(search?.trim() && { search: search.trim() }),
  };
}

/** What is told above a flow after a button, by the word in the address. */
type Telling = 'later' | 'reminded';

function noticeOf(told: string | undefined, flow: FlowFacts, task: TaskFacts | null): string | null {
  if (told === 'later') return 'Stored, and done as soon as the flow answers again.';
  if (told !== 'reminded' || !task?.assignee) return null;
  const { id, name } = task.assignee;
  const sent = `A reminder of “${task.title}” is on its way to ${name}.`;
  const client = flow.externalUsers.find((e) => e.id === id);
  return client && client.mailRefused !== null
    ? `${sent} Their mail server refused the last mail to ${client.email}; if it takes this one, that is said below no more.`
    : sent;
}

export async function flowRoutes(app: FastifyInstance, { authority, tools }: FlowRoutesOptions): Promise<void> {
  await takeFiles(app);
  const { page, form, fileForm } = memberRoutes(app, authority, tools);
  const html = (reply: FastifyReply, text: string, status = 200) => reply.code(status).type('text/html').send(text);

  page('/flows', async (visit, reply) => {
    const caller = callerOf(visit);
    const query = flowsQuery(visit.query);
    const { overdue, ...words } = query;
    const { cursor } = visit.query;
    const asked = { ...words, ...(overdue && { overdue: true }), ...(cursor && { cursor }) };
    const [overview, list, members, own, open] = await Promise.all([
      getOverview.run(caller, {}),
      listFlows.run(caller, asked),
      listOrgMembers.run(caller, {}),
      listTemplates.run(caller, {}),
      listPublicTemplates.run(caller, {}),
    ]);
    if (!list.ok && (list.code === 'database_unavailable' || list.code === 'bad_cursor')) need(list);
    const view = {
      ...{ session: visit.session, overview: need(overview), query, now: visit.tools.now },
      ...{ list: list.ok ? list.facts : null, problem: list.ok ? null : list.text },
      ...{ members: need(members).members, templates: [...need(own).templates, ...need(open).templates] },
      ...{ find: visit.query.find !== undefined, commandId: newCommandId() },
    };
    return html(reply, flowsPage(view), list.ok ? 200 : 422);
  });

  page('/tasks', async (visit, reply) => {
    const { cursor } = visit.query;
    const caller = callerOf(visit);
    const show = taskViews.find((v) => v === visit.query.show) ?? 'mine';
    const asked = {
      mine: { assignee: 'me', status: 'READY' },
      late: { overdue: true },
      nobody: { assignee: 'nobody', status: 'READY' },
    }[show];
    const [list, overview] = await Promise.all([
      listTasks.run(caller, { ...asked, ...(cursor && { cursor }) }),
      getOverview.run(caller, {}),
    ]);
    const { session, tools: kit } = visit;
    return html(reply, tasksPage({ session, show, list: need(list), overview: need(overview), now: kit.now }));
  });

  const newFlow = async (
    visit: Visit,
    reply: FastifyReply,
    fields: Fields,
    problem: string | null,
    same: NewFlowView['same'] = [],
  ) => {
    const { session } = visit;
    if (session.org?.role === 'MEMBER') throw new PageTrouble(troubles.onlyAdmins);
    const caller = callerOf(visit);
    const [own, open] = await Promise.all([listTemplates.run(caller, {}), listPublicTemplates.run(caller, {})]);
    const lists = { own: need(own).templates, open: need(open).templates };
    const wanted = fields.template ?? visit.query.template;
    const template = [...lists.own, ...lists.open].find((t) => t.id === wanted);
    const status = problem === null && same.length === 0 ? 200 : 422;
    if (!template) {
      const gone = wanted ? 'This template is not there any more. Choose another one.' : null;
      return html(reply, chooseTemplatePage({ session, ...lists, problem: problem ?? gone }), gone ? 404 : status);
    }
    const commandId = fields.command_id ?? newCommandId();
    const [shown, members] = await Promise.all([
      getTemplate.run(caller, { template: template.id, show: 'published' }),
      listOrgMembers.run(caller, {}),
    ]);
    const view = { session, template, commandId, problem, same, typed: fields, members: need(members).members };
    return html(reply, newFlowPage({ ...view, roles: rolesOf(need(shown).definition) }), status);
  };
  page('/flows/new', (visit, reply) => newFlow(visit, reply, {}, null));
  form('/flows', async (visit, fields, reply) => {
    const { name = '', template = '' } = fields;
    const roles = Object.fromEntries(
      Object.entries(fields).flatMap(([key, who]) =>
        key.startsWith('role.') && who.trim() !== '' ? [[key.slice(5), who]] : [],
      ),
    );
    // Whoever comes back to a page that was sent, or did not see a colleague's, says that they want another one.
    const same =
      fields.again === name ? null : await findSameFlows.run(callerOf(visit), { name, for_command: fields.command_id });
    if (same?.ok && same.facts.flows.length > 0) return newFlow(visit, reply, fields, null, same.facts.flows);
    const made = settled(await createFlowFromTemplate.run(callerOf(visit, fields), { name, template, roles }));
    if (!made.ok) {
      const { problem, commandId } = toSendAgain(made, fields.command_id);
      return newFlow(visit, reply, { ...fields, command_id: commandId }, problem);
    }
    return reply.redirect(`/flows/${made.facts.flow.id}`, 303);
  });

  const show = async (visit: Visit, reply: FastifyReply, told: { typed?: Fields; problem?: string } = {}) => {
    const caller = callerOf(visit);
    const { id: flowId = '', task: pathTask } = visit.params;
    const flow = need(await getFlow.run(caller, { flow: flowId }));
    const before = Number(visit.query.before);
    const older = Number.isSafeInteger(before) && before > 0;
    const [explained, members, activity] = await Promise.all([
      explainFlow.run(caller, { flow: flow.id }),
      listOrgMembers.run(caller, {}),
      listActivity.run(caller, { flow: flow.id, limit: 12, ...(older && { before }) }),
    ]);
    const facts = need(explained);
    const wanted = pathTask ?? visit.query.task;
    const there = flow.tasks.some((t) => t.id === wanted) ? wanted : undefined;
    const chosen = there ?? facts.holds[0]?.task.id ?? flow.tasks[0]?.id;
    const task = chosen === undefined ? null : await getTask.run(caller, { flow: flow.id, task: chosen });
    return html(
      reply,
      flowPage({
        ...{ session: visit.session, flow, explained: facts, now: visit.tools.now, older },
        ...{ members: need(members).members, activity: need(activity) },
        ...{ unfolded: visit.query.unfold !== undefined, asList: visit.query.view === 'list' },
        ...{ commandId: newCommandId(), problem: told.problem ?? null, typed: told.typed ?? {} },
        task: task?.ok ? task.facts : null,
        notice: noticeOf(visit.query.told, flow, task?.ok ? task.facts : null),
      }),
      told.problem === undefined ? 200 : 422,
    );
  };
  page('/flows/:id', (visit, reply) => show(visit, reply));

  page('/files/:id', async (visit, reply) => {
    const found = settled(await getFile.run(callerOf(visit), { file: visit.params.id }));
    if (!found.ok) return reply.code(404).type('text/plain').send('There is no such file here.');
    return sendFile(reply, found.facts);
  });

  /** A button on the flow's page: does it, then shows the truth; a refusal is told on the page, with what was typed. */
  const press = async (
    operation: Operation,
    visit: Visit,
    fields: Fields,
    reply: FastifyReply,
    input: object,
    told?: Telling,
  ) => {
    const { id = '', task } = visit.params;
    const result = settled(await operation.run(callerOf(visit, fields), input));
    if (!result.ok) return show(visit, reply, { typed: fields, problem: result.text });
    const query = new URLSearchParams({
      ...(task && { task }),
      ...(told && { told }),
      ...(result.facts.state === 'accepted' && { told: 'later' }),
    });
    return reply.redirect(`/flows/${id}${query.size > 0 ? `?${query}` : ''}`, 303);
  };
  const button = (
    path: string,
    operation: Operation,
    inputOf: (params: Fields, fields: Fields) => object,
    told?: Telling,
  ) =>
    form(`/flows/:id/${path}`, (visit, fields, reply) =>
      press(operation, visit, fields, reply, inputOf(visit.params, fields), told),
    );
  const onTask = (params: Fields) => ({ flow: params.id, task: params.task });
  const given = (fields: Fields, ...names: string[]) =>
    Object.fromEntries(names.flatMap((n) => (fields[n]?.trim() ? [[n, fields[n]]] : [])));

  button('status', updateFlowStatus, ({ id }, f) => ({
    ...{ flow: id, action: f.action },
    ...(f.action === 'cancel' && given(f, 'reason')),
  }));
  button('invite', inviteExternalUser, ({ id }, f) => ({ flow: id, ...given(f, 'email', 'name', 'role') }));
  button('invitations', manageInvitation, ({ id }, f) => ({ flow: id, ...given(f, 'external_user', 'action') }));
  /** Each file that comes with a form is there before the form is completed with it. */
  fileForm(
    '/flows/:id/tasks/:task/complete',
    async (visit, name, upload) => {
      const field = uploadKey(name) ?? '';
      const added = settled(await addFile.run({ ...callerOf(visit), upload }, { ...onTask(visit.params), field }));
      return { field, added };
    },
    async (visit, fields, reply, taken) => {
      const answers = answersIn(fields);
      for (const { field, added } of taken) {
        if (!added.ok) continue;
        const before = added.facts.multiple && answers[field] ? `${answers[field]},` : '';
        answers[field] = before + added.facts.file.id;
      }
      const typed = { ...fields, ...Object.fromEntries(Object.entries(answers).map(([k, v]) => [answerName(k), v])) };
      const refused = taken.find(({ added }) => !added.ok);
      if (refused) return show(visit, reply, { typed, problem: refused.added.text });
      return press(completeTask, visit, typed, reply, {
        ...{ ...onTask(visit.params), ...given(fields, 'comment') },
        ...(Object.keys(answers).length > 0 && { answers }),
      });
    },
  );
  button('tasks/:task/decide', approveTask, (params, f) => ({ ...onTask(params), ...given(f, 'decision', 'comment') }));
  button('tasks/:task/assign', assignTask, (params, f) => ({ ...onTask(params), ...given(f, 'assignee') }));
  button('tasks/:task/skip', skipTask, (params, f) => ({ ...onTask(params), ...given(f, 'reason') }));
  button('tasks/:task/remind', remindAssignee, onTask, 'reminded');
  button('tasks/:task/reopen', reopenTask, (params, f) => ({ ...onTask(params), ...given(f, 'reason') }));
  button('tasks/:task/comment', commentOnTask, (params, f) => ({ ...onTask(params), ...given(f, 'text', 'audience') }));
  button('tasks/:task/due', setDueDate, (params, f) => ({ ...onTask(params), due_date: f.due_date || null }));
}
