/** Each tool with arguments that would be good. */
import type { Things } from './two-orgs.ts';

export type Args = Record<string, unknown>;

/** By the tool's name, from an org's own things. A test sees that no tool is left out. */
export const good = (own: Things): Record<string, Args> => ({
  get_org_context: {},
  list_flows: { status: 'ACTIVE', changed_since: '2026-01-01' },
  get_flow: { flow: own.flow.id },
  list_tasks: { flow: own.flow.id, assignee: own.member.id },
  get_task: { flow: own.flow.id, task: own.task.id },
  list_templates: {},
  list_public_templates: {},
  create_flow_from_template: { template: own.template.id, name: 'New' },
  update_flow_status: { flow: own.flow.id, action: 'pause' },
  complete_task: { flow: own.flow.id, task: own.task.id },
  approve_task: { flow: own.flow.id, task: own.task.id, decision: 'approve' },
  assign_task: { flow: own.flow.id, task: own.task.id, assignee: own.member.id },
  invite_external_user: { flow: own.flow.id, email: 'new@client.test' },
  bulk_invite_external: { flow: own.flow.id, people: [{ email: 'new@client.test' }] },
  list_org_members: {},
  explain_flow: { flow: own.flow.id },
  comment_on_task: { flow: own.flow.id, task: own.task.id, text: 'A note' },
});
