import { expect, it } from 'vitest';
import { monday } from '../../test/support/stage.ts';
import type { MailOrder } from '../domain/flow.ts';
import { writeMail } from './mail-text.ts';

const mail: MailOrder = {
  key: 'fl_acme/1',
  kind: 'digest',
  to: { kind: 'member', id: 'us_mia', name: 'Mia' },
  from: 'Olivia',
  role: '',
  tasks: [{ id: 'tk_a', title: 'Send the contract', type: 'TASK', dueAt: null, reason: null }],
  orderedAt: monday,
};

it('a mail counts the tasks that it does not list, and says how many they are', () => {
  const org = { name: 'Acme Agency', colour: null, logo: null };
  const facts = {
    flowName: 'Acme Corp',
    org,
    timeZone: 'UTC',
    link: 'https://a.test/',
    unsubscribe: null,
    now: monday,
  };
  const many = writeMail({ ...facts, mail: { ...mail, more: 480 } });
  expect(many.subject).toBe('Still open: 481 things on Acme Corp');
  expect(many.text).toContain('- Send the contract\n- and 480 more\n');
  const one = writeMail({ ...facts, mail });
  expect(one.subject).toBe('Still open: Send the contract on Acme Corp');
  expect(one.text).not.toContain('more');
});
