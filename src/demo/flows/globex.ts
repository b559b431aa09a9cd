/** What goes on at Globex Studio. One client, and one flow's name, are at Acme Agency too. */
import * as people from '../people.ts';
import type { DemoFlow } from '../script.ts';

const gus = people.gus.email;
const olivia = people.olivia.email;

/** Script and archive are both two days late. */
const northwind: DemoFlow = {
  key: 'northwind-film',
  name: 'Northwind',
  by: gus,
  template: 'tp_globex_brand-film',
  steps: [
    { by: gus, do: 'invite', email: 'sara@northwind.test', name: 'Sara Lindgren', role: 'client' },
    { by: gus, do: 'invite', email: 'nils@northwind.test', name: 'Nils Ek', role: 'archive contact' },
    { by: gus, do: 'start', daysAgo: 12 },
    { by: gus, do: 'assign', task: 'write-script', to: olivia },
    { by: 'sara@northwind.test', do: 'accept_invitation' },
    {
      by: 'sara@northwind.test',
      do: 'complete',
      task: 'interview-brief',
      answers: {
        people: 'Maj, seamstress for 31 years. Jonas, who answers every mail about broken zips.',
        message: 'A jacket has a life, and we take part in it.',
        premiere: { inDays: 60 },
      },
    },
    { by: 'nils@northwind.test', do: 'accept_invitation' },
    {
      by: 'nils@northwind.test',
      do: 'comment',
      task: 'archive',
      text: 'The old films are on 8 mm. I look for someone who can scan them.',
    },
  ],
};

/** The treatment is to be decided today; the deposit is a week late. */
const riversideHotel: DemoFlow = {
  key: 'riverside-hotel',
  name: 'Riverside Hotel',
  by: olivia,
  template: 'tp_globex_client-onboarding',
  steps: [
    { by: olivia, do: 'invite', email: 'claire@riversidehotel.test', name: 'Claire Dubois', role: 'client' },
    { by: olivia, do: 'invite', email: 'finance@riversidehotel.test', name: 'Hugo Petit', role: 'finance contact' },
    { by: olivia, do: 'start', daysAgo: 15 },
    { by: olivia, do: 'complete', task: 'send-offer' },
    { by: 'claire@riversidehotel.test', do: 'accept_invitation' },
    {
      by: 'claire@riversidehotel.test',
      do: 'complete',
      task: 'company-facts',
      answers: {
        'legal-name': 'Riverside Hôtel SARL',
        'on-site': 'Claire, +33 1 99 00 12 34',
        usage: 'Web',
        earliest: { inDays: 10 },
      },
    },
    {
      by: gus,
      do: 'complete',
      task: 'scout-location',
      comment: 'The lobby has sun from eight to ten. Noisy on Fridays.',
    },
    { by: gus, do: 'complete', task: 'write-treatment' },
    { by: olivia, do: 'comment', task: 'pay-deposit', text: 'Hugo, without it we lose the crew on Thursday.' },
  ],
};

/** A draft. */
const atlasOutdoor: DemoFlow = {
  key: 'atlas-outdoor-catalogue',
  name: 'Atlas Outdoor catalogue',
  by: gus,
  template: 'tp_globex_photo-shoot',
  steps: [{ by: gus, do: 'invite', email: 'meera@atlasoutdoor.test', name: 'Meera Shah', role: 'client' }],
};

export const globexFlows: readonly DemoFlow[] = [northwind, riversideHotel, atlasOutdoor];
