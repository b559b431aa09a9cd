import { client, day, published, starter, within } from '../published.ts';

export const clientOnboardingLight = published('tp_public_client-onboarding-light', {
  name: 'Client onboarding (light)',
  description: 'The least that makes a good start with a new client: contract, facts, first call.',
  category: 'Agency',
  steps: [
    {
      key: 'send-agreement',
      title: 'Send the agreement',
      description: 'One page: scope, price, dates, how either side ends it.',
      assignee: starter,
      due: day(1),
    },
    {
      key: 'sign-agreement',
      title: 'Sign the agreement',
      description: 'Read it, ask what is unclear, sign it.',
      assignee: client(),
      due: day(5),
      dependsOn: ['send-agreement'],
    },
    {
      key: 'facts',
      title: 'Tell us the basics',
      description: 'Five minutes. You can come back and change it until the first call.',
      type: 'FORM',
      assignee: client(),
      due: day(5),
      dependsOn: ['send-agreement'],
      fields: [
        { key: 'contact', label: 'Who speaks for you day to day?', type: 'text' },
        { key: 'goal', label: 'What should be different in three months?', type: 'text', multiline: true },
        { key: 'channel', label: 'How do we reach you best?', type: 'choice', options: ['Mail', 'Phone', 'Chat'] },
      ],
    },
    {
      key: 'first-call',
      title: 'Hold the first call',
      description: 'Agree on the first result and its date.',
      assignee: starter,
      due: within(5),
      dependsOn: ['sign-agreement', 'facts'],
    },
    {
      key: 'write-summary',
      title: 'Write a summary',
      description: 'Half a page: goal, first result, date, who does what.',
      assignee: starter,
      due: within(1),
      dependsOn: ['first-call'],
    },
    {
      key: 'approve-summary',
      title: 'Approve the summary',
      description: 'Is this what we agreed on? Approve it, or say what is different.',
      type: 'APPROVAL',
      assignee: client(),
      due: within(3),
      dependsOn: ['write-summary'],
    },
  ],
});
