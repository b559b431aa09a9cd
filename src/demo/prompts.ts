/** The seven prompts of the promise to users, each with the tool calls a model makes of it. */

export interface PlayedPrompt {
  readonly prompt: string;
  readonly calls: readonly { readonly tool: string; readonly arguments: Readonly<Record<string, unknown>> }[];
}

/** In an order that tells one story: the client is invited before the start, and the draft sent after it. */
export const sevenPrompts = (now: number): readonly PlayedPrompt[] => [
  { prompt: 'Show me all active flows', calls: [{ tool: 'list_flows', arguments: { status: 'ACTIVE' } }] },
  {
    prompt: 'Create a new flow from the Client Onboarding template and name it Acme Corp',
    calls: [{ tool: 'create_flow_from_template', arguments: { template: 'Client Onboarding', name: 'Acme Corp' } }],
  },
  {
    prompt: 'Invite john@acmecorp.com to the Acme Corp flow as a client reviewer',
    calls: [
      {
        tool: 'invite_external_user',
        arguments: { flow: 'Acme Corp', email: 'john@acmecorp.com', role: 'client reviewer' },
      },
    ],
  },
  {
    prompt: 'Start the Acme Corp flow',
    calls: [{ tool: 'update_flow_status', arguments: { flow: 'Acme Corp', action: 'start' } }],
  },
  { prompt: 'Which tasks are overdue?', calls: [{ tool: 'list_tasks', arguments: { overdue: true } }] },
  {
    prompt: "Complete the 'Send contract draft' task on the Acme Corp flow",
    calls: [{ tool: 'complete_task', arguments: { flow: 'Acme Corp', task: 'Send contract draft' } }],
  },
  {
    prompt: "What's the progress on all flows this week?",
    calls: [{ tool: 'list_flows', arguments: { changed_since: monday(now) } }],
  },
];

/** The Monday of this week, YYYY-MM-DD in UTC. */
function monday(now: number): string {
  const days = (new Date(now).getUTCDay() + 6) % 7;
  return new Date(now - days * 86_400_000).toISOString().slice(0, 10);
}
