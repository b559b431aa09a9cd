/** What goes on at Acme Agency: one client late, one sent the brand guide back, one nearly done, one gone. */
import * as people from '../people.ts';
import type { DemoFlow } from '../script.ts';

const olivia = people.olivia.email;
const adam = people.adam.email;
const mia = people.mia.email;

/** Nearly done, after a round of rework. Waits on Adam, today. */
const northwind: DemoFlow = {
  key: 'northwind',
  name: 'Northwind',
  by: olivia,
  template: 'tp_acme_client-onboarding',
  roles: { 'account manager': olivia },
  steps: [
    { by: olivia, do: 'invite', email: 'sara@northwind.test', name: 'Sara Lindgren', role: 'client' },
    { by: olivia, do: 'invite', email: 'tom@northwind.test', name: 'Tom Okafor', role: 'client reviewer' },
    { by: olivia, do: 'start', daysAgo: 24 },
    { by: olivia, do: 'assign', task: 'set-up-billing', to: mia },
    { by: olivia, do: 'assign', task: 'draft-brand-guide', to: mia },
    { by: olivia, do: 'assign', task: 'approve-launch-plan', to: adam },
    { by: olivia, do: 'complete', task: 'send-contract-draft', comment: 'Sent with the lower retainer we agreed on.' },
    { by: olivia, do: 'complete', task: 'schedule-kickoff' },
    { by: 'sara@northwind.test', do: 'accept_invitation' },
    { by: 'sara@northwind.test', do: 'complete', task: 'sign-contract', comment: 'Signed. Looking forward to it!' },
    {
      by: 'sara@northwind.test',
      do: 'complete',
      task: 'billing-details',
      answers: {
        'legal-name': 'Northwind Outfitters AB',
        address: 'Hamngatan 12\n111 47 Stockholm',
        'tax-id': 'SE556012579001',
        'invoice-email': 'invoices@northwind.test',
        payment: 'Bank transfer',
      },
    },
    { by: mia, do: 'complete', task: 'set-up-billing', comment: 'Retainer set up, first invoice is out.' },
    {
      by: 'sara@northwind.test',
      do: 'complete',
      task: 'brand-questionnaire',
      answers: {
        'one-sentence': 'We make outdoor clothes that can be repaired for life.',
        audience: 'People who would rather mend a jacket than buy one.',
        tone: 'Warm',
        admired: 'Patagonia for its honesty, Braun for its calm.',
        never: 'Helicopters',
        'launch-date': { inDays: 21 },
      },
    },
    { by: 'sara@northwind.test', do: 'complete', task: 'grant-access' },
    {
      by: olivia,
      do: 'complete',
      task: 'hold-kickoff',
      comment: 'Decided: repair service first, no discounts in any text, launch with the autumn collection.',
    },
    { by: mia, do: 'complete', task: 'audit-channels', comment: 'Half of all visits land on a page from 2019.' },
    { by: mia, do: 'complete', task: 'draft-brand-guide' },
    { by: 'tom@northwind.test', do: 'accept_invitation' },
    {
      by: 'tom@northwind.test',
      do: 'reject',
      task: 'approve-brand-guide',
      reason: 'The green is too close to our largest competitor, and the logo is hard to read when sewn on.',
    },
    {
      by: mia,
      do: 'complete',
      task: 'draft-brand-guide',
      comment: 'Second version: deep blue in place of the green, and a logo for stitching.',
    },
    { by: 'tom@northwind.test', do: 'approve', task: 'approve-brand-guide', comment: 'Much better. The blue is us.' },
    { by: mia, do: 'complete', task: 'write-launch-plan' },
    {
      by: olivia,
      do: 'comment',
      task: 'approve-launch-plan',
      text: 'Adam, the budget is on page 3. Sara hopes to hear today.',
    },
  ],
};

/** Stuck at the signature, four days late. */
const harborAndPine: DemoFlow = {
  key: 'harbor-and-pine',
  name: 'Harbor & Pine',
  by: adam,
  template: 'tp_acme_client-onboarding',
  roles: {
    'client signatory': { email: 'jane@harborandpine.test', name: 'Jane Alder' },
    'account manager': adam,
    bookkeeper: mia,
  },
  steps: [
    { by: adam, do: 'start', daysAgo: 9 },
    { by: adam, do: 'complete', task: 'send-contract-draft' },
    { by: adam, do: 'complete', task: 'schedule-kickoff' },
    { by: 'jane@harborandpine.test', do: 'accept_invitation' },
    {
      by: 'jane@harborandpine.test',
      do: 'complete',
      task: 'billing-details',
      answers: {
        'legal-name': 'Harbor & Pine Furniture Ltd',
        address: '4 Quayside\nFalmouth TR11 3XA',
        'invoice-email': 'accounts@harborandpine.test',
        payment: 'Direct debit',
      },
    },
    {
      by: 'jane@harborandpine.test',
      do: 'comment',
      task: 'sign-contract',
      text: 'Our lawyer has a question about clause 7, who owns the photos. Can we change that to both of us?',
    },
    {
      by: adam,
      do: 'comment',
      task: 'sign-contract',
      text: 'Yes. The new draft is in your mail, only clause 7 changed.',
    },
  ],
};

/** The brand guide came back, and the audit is late too. */
const juniperDental: DemoFlow = {
  key: 'juniper-dental',
  name: 'Juniper Dental',
  by: olivia,
  template: 'tp_acme_client-onboarding',
  roles: { 'account manager': olivia },
  steps: [
    { by: olivia, do: 'invite', email: 'priya@juniperdental.test', name: 'Priya Nair', role: 'client reviewer' },
    { by: olivia, do: 'start', daysAgo: 19 },
    { by: olivia, do: 'assign', task: 'audit-channels', to: adam },
    { by: olivia, do: 'assign', task: 'draft-brand-guide', to: mia },
    { by: olivia, do: 'complete', task: 'send-contract-draft' },
    {
      by: mia,
      do: 'comment',
      task: 'draft-brand-guide',
      text: 'The old logo exists only as a photo of the door sign.',
    },
    { by: 'priya@juniperdental.test', do: 'accept_invitation' },
    { by: 'priya@juniperdental.test', do: 'complete', task: 'sign-contract' },
    {
      by: 'priya@juniperdental.test',
      do: 'complete',
      task: 'billing-details',
      answers: {
        'legal-name': 'Juniper Dental Care',
        address: '88 Elm Street\nPortland, OR 97205',
        'invoice-email': 'office@juniperdental.test',
        payment: 'Card',
      },
    },
    { by: mia, do: 'complete', task: 'set-up-billing' },
    {
      by: 'priya@juniperdental.test',
      do: 'complete',
      task: 'brand-questionnaire',
      answers: {
        'one-sentence': 'A dentist for people who are afraid of dentists.',
        audience: 'Adults who have not been to a dentist for years.',
        tone: 'Warm',
        never: 'Drills. And no white teeth from a catalogue.',
        'launch-date': { inDays: 40 },
      },
    },
    { by: 'priya@juniperdental.test', do: 'complete', task: 'grant-access' },
    { by: olivia, do: 'complete', task: 'schedule-kickoff' },
    {
      by: olivia,
      do: 'complete',
      task: 'hold-kickoff',
      comment: 'Decided: online booking first, texts in plain words, Priya approves alone.',
    },
    { by: mia, do: 'complete', task: 'draft-brand-guide' },
    {
      by: 'priya@juniperdental.test',
      do: 'reject',
      task: 'approve-brand-guide',
      reason: 'It looks like a hospital. Softer, please, and people instead of instruments.',
    },
    {
      by: mia,
      do: 'comment',
      task: 'draft-brand-guide',
      text: 'Photo day in the practice is booked; it waits for that.',
    },
    { by: olivia, do: 'comment', task: 'audit-channels', text: 'Adam, one page is enough. The plan waits for it.' },
  ],
};

/** Waits on the client's approval since yesterday; no newsletter this month. */
const lumenBikes: DemoFlow = {
  key: 'lumen-bikes-content',
  name: 'Lumen Bikes content',
  by: olivia,
  template: 'tp_acme_monthly-content',
  steps: [
    { by: olivia, do: 'invite', email: 'ben@lumenbikes.test', name: 'Ben Hartley', role: 'client reviewer' },
    { by: olivia, do: 'start', daysAgo: 14 },
    { by: olivia, do: 'assign', task: 'design-visuals', to: mia },
    { by: 'ben@lumenbikes.test', do: 'accept_invitation' },
    {
      by: 'ben@lumenbikes.test',
      do: 'complete',
      task: 'collect-news',
      answers: {
        news: 'New cargo bike, test rides every Saturday, the shop dog had puppies.',
        push: 'The test rides',
        'not-before': { inDays: 3 },
      },
    },
    { by: mia, do: 'complete', task: 'review-figures', comment: 'Best: the workshop film. Worst: the price list.' },
    { by: olivia, do: 'complete', task: 'plan-topics' },
    { by: olivia, do: 'skip', task: 'write-newsletter', reason: 'Lumen Bikes changes its mail tool this month.' },
    { by: mia, do: 'complete', task: 'write-posts' },
    { by: mia, do: 'complete', task: 'design-visuals', comment: 'Puppies in posts 3 and 9, as wished.' },
  ],
};

/** Half done; the texts are two weeks late, and two more things fall due tomorrow. */
const fernhillSchool: DemoFlow = {
  key: 'fernhill-school-website',
  name: 'Fernhill School website',
  by: adam,
  template: 'tp_acme_website-relaunch',
  steps: [
    { by: adam, do: 'invite', email: 'ruth@fernhill.test', name: 'Ruth Bailey', role: 'head teacher' },
    { by: adam, do: 'invite', email: 'ivo@fernhill.test', name: 'Ivo Marek', role: 'content editor' },
    { by: adam, do: 'start', daysAgo: 39 },
    { by: adam, do: 'assign', task: 'design-pages', to: mia },
    { by: adam, do: 'assign', task: 'write-redirects', to: adam },
    { by: mia, do: 'complete', task: 'list-pages', comment: '214 pages, of which 31 had a visit this year.' },
    { by: 'ruth@fernhill.test', do: 'accept_invitation' },
    {
      by: 'ruth@fernhill.test',
      do: 'complete',
      task: 'goals',
      answers: {
        visitors: 'Parents of new pupils first, then our own families.',
        action: 'Book a visit on an open day',
        missing: 'Bus times, lunch menu, term dates.',
        languages: 'Two',
        'fixed-date': { inDays: 30 },
      },
    },
    { by: adam, do: 'complete', task: 'sitemap' },
    { by: 'ruth@fernhill.test', do: 'approve', task: 'approve-sitemap', comment: 'Six entries. My deputy is amazed.' },
    { by: mia, do: 'complete', task: 'design-pages' },
    { by: 'ruth@fernhill.test', do: 'approve', task: 'approve-design' },
    { by: adam, do: 'complete', task: 'build-templates' },
    { by: 'ivo@fernhill.test', do: 'accept_invitation' },
    {
      by: 'ivo@fernhill.test',
      do: 'comment',
      task: 'deliver-texts',
      text: 'I have 9 of 22 pages. The sports department has not answered me yet.',
    },
    {
      by: adam,
      do: 'comment',
      task: 'deliver-texts',
      text: 'Send us the nine, Ivo, and we begin with them. The rest may come page by page.',
    },
  ],
};

/** Ready to start on Monday: invited, nothing sent. */
const kestrelEnergy: DemoFlow = {
  key: 'kestrel-energy',
  name: 'Kestrel Energy',
  by: olivia,
  template: 'tp_acme_client-onboarding',
  steps: [
    { by: olivia, do: 'invite', email: 'marcus@kestrel.test', name: 'Marcus Bell', role: 'client' },
    { by: olivia, do: 'invite', email: 'ana@kestrel.test', name: 'Ana Duarte', role: 'client reviewer' },
    { by: olivia, do: 'assign', task: 'audit-channels', to: mia },
    {
      by: olivia,
      do: 'comment',
      task: 'send-contract-draft',
      text: 'Start when their board has met. Marcus calls on Monday.',
    },
  ],
};

/** On hold while the restaurant is renovated. */
const osteriaBianca: DemoFlow = {
  key: 'osteria-bianca-website',
  name: 'Osteria Bianca website',
  by: adam,
  template: 'tp_acme_website-relaunch',
  steps: [
    { by: adam, do: 'invite', email: 'bianca@osteriabianca.test', name: 'Bianca Ferri', role: 'owner' },
    { by: adam, do: 'start', daysAgo: 15 },
    { by: 'bianca@osteriabianca.test', do: 'accept_invitation' },
    {
      by: 'bianca@osteriabianca.test',
      do: 'complete',
      task: 'goals',
      answers: {
        visitors: 'Guests from the quarter, and people who look for a table on the way.',
        action: 'Reserve a table',
        missing: 'Is the terrace open? Are dogs welcome?',
        languages: 'Three or more',
      },
    },
    { by: mia, do: 'complete', task: 'list-pages' },
    { by: adam, do: 'complete', task: 'sitemap' },
    {
      by: 'bianca@osteriabianca.test',
      do: 'comment',
      task: 'approve-sitemap',
      text: 'The kitchen is a building site until the end of next month. May we stop until then?',
    },
    { by: adam, do: 'pause' },
  ],
};

/** A good end. */
const brightwaterSpa: DemoFlow = {
  key: 'brightwater-spa-offboarding',
  name: 'Brightwater Spa offboarding',
  by: olivia,
  template: 'tp_acme_offboarding',
  steps: [
    { by: olivia, do: 'invite', email: 'helen@brightwater.test', name: 'Helen Moss', role: 'client' },
    { by: olivia, do: 'start', daysAgo: 20 },
    { by: olivia, do: 'complete', task: 'confirm-end' },
    { by: 'helen@brightwater.test', do: 'accept_invitation' },
    {
      by: 'helen@brightwater.test',
      do: 'complete',
      task: 'hand-over-to',
      answers: { name: 'Paul Winter, our new marketing lead', email: 'paul@brightwater.test', format: 'Shared folder' },
    },
    { by: mia, do: 'complete', task: 'export-files' },
    { by: adam, do: 'complete', task: 'final-invoice' },
    { by: olivia, do: 'complete', task: 'hand-over-files' },
    {
      by: 'helen@brightwater.test',
      do: 'approve',
      task: 'confirm-receipt',
      comment: 'All there, even the files I had forgotten. Thank you for three good years.',
    },
    { by: mia, do: 'complete', task: 'close-access' },
    { by: olivia, do: 'complete', task: 'say-thanks', comment: 'Card posted. They may be our reference.' },
  ],
};

/** Ended before it began. */
const tesseraTiles: DemoFlow = {
  key: 'tessera-tiles',
  name: 'Tessera Tiles',
  by: adam,
  template: 'tp_acme_client-onboarding',
  steps: [
    { by: adam, do: 'invite', email: 'omar@tessera.test', name: 'Omar Haddad', role: 'client' },
    { by: adam, do: 'start', daysAgo: 12 },
    { by: adam, do: 'complete', task: 'send-contract-draft' },
    { by: 'omar@tessera.test', do: 'accept_invitation' },
    {
      by: 'omar@tessera.test',
      do: 'comment',
      task: 'sign-contract',
      text: 'I am sorry: we were bought last week, and everything new is on hold.',
    },
    { by: adam, do: 'cancel', reason: 'Tessera was bought, and the new owner has an agency of its own.' },
  ],
};

/** Just begun, from a public template; a vendor is the guest here. */
const postbirdReview: DemoFlow = {
  key: 'postbird-review',
  name: 'Postbird newsletter tool',
  by: adam,
  template: 'tp_public_security-review',
  steps: [
    { by: adam, do: 'invite', email: 'lena@postbird.test', name: 'Lena Vogt', role: 'vendor security contact' },
    { by: adam, do: 'start', daysAgo: 3 },
    {
      by: adam,
      do: 'complete',
      task: 'describe-use',
      answers: {
        purpose: 'Sending our clients’ newsletters, with their subscribers’ addresses.',
        data: 'Personal',
        needed: { inDays: 28 },
      },
    },
    { by: adam, do: 'assign', task: 'rate-risk', to: adam },
    { by: adam, do: 'assign', task: 'decide', to: olivia },
  ],
};

export const acmeFlows: readonly DemoFlow[] = [
  northwind,
  harborAndPine,
  juniperDental,
  lumenBikes,
  fernhillSchool,
  kestrelEnergy,
  osteriaBianca,
  brightwaterSpa,
  tesseraTiles,
  postbirdReview,
];
