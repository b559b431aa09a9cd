/** Three clients whose onboarding Acme Agency finished: quick, ordinary, slow. */
import type { EarlierFlow } from '../earlier.ts';
import { adam, mia, olivia } from '../people.ts';

const members = {
  'account manager': olivia.email,
  bookkeeper: mia.email,
  strategist: adam.email,
  designer: mia.email,
  'account director': adam.email,
};

const usual = {
  'send-contract-draft': 0.5,
  'schedule-kickoff': 1,
  'sign-contract': 3,
  'billing-details': 2,
  'set-up-billing': 1,
  'brand-questionnaire': 4,
  'grant-access': 2.5,
  'hold-kickoff': 3,
  'audit-channels': 4,
  'draft-brand-guide': 6,
  'approve-brand-guide': 2.5,
  'write-launch-plan': 4,
  'approve-launch-plan': 1,
  'brief-team': 1.5,
  'send-welcome-pack': 1,
};

const took = (pace: number, otherwise: Partial<Record<keyof typeof usual, number>> = {}): Record<string, number> =>
  Object.fromEntries(Object.entries({ ...usual, ...otherwise }).map(([key, days]) => [key, days * pace]));

const answers = (legalName: string, invoices: string, sentence: string): EarlierFlow['answers'] => ({
  'billing-details': {
    'legal-name': legalName,
    address: 'On our letterhead',
    'invoice-email': invoices,
    payment: 'Bank transfer',
  },
  'brand-questionnaire': {
    'one-sentence': sentence,
    audience: 'People of our town first.',
    tone: 'Matter-of-fact',
    'launch-date': { inDays: 45 },
  },
});

const onboarding = { by: olivia.email, template: 'tp_acme_client-onboarding', members } as const;

export const acmeEarlier: readonly EarlierFlow[] = [
  {
    ...onboarding,
    key: 'quill-books',
    name: 'Quill Books',
    startedDaysAgo: 88,
    clients: [{ role: 'client reviewer', email: 'rosa@quillbooks.test', name: 'Rosa Klein' }],
    took: took(0.7),
    answers: answers('Quill Books Ltd', 'accounts@quillbooks.test', 'We sell books to people who know us by name.'),
  },
  {
    ...onboarding,
    key: 'solstice-yoga',
    name: 'Solstice Yoga',
    startedDaysAgo: 74,
    clients: [{ role: 'client reviewer', email: 'noor@solstice.test', name: 'Noor Haas' }],
    took: took(1),
    answers: answers('Solstice Yoga', 'noor@solstice.test', 'Yoga before work, for people who sit all day.'),
  },
  {
    ...onboarding,
    key: 'vale-joinery',
    name: 'Vale Joinery',
    startedDaysAgo: 69,
    clients: [{ role: 'client reviewer', email: 'ted@valejoinery.test', name: 'Ted Vale' }],
    took: took(1.3, { 'sign-contract': 6, 'approve-brand-guide': 5 }),
    answers: answers('Vale Joinery', 'office@valejoinery.test', 'Windows and stairs that outlast the house.'),
  },
];
