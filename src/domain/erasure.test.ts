import { describe, expect, it } from 'vitest';
import { invitee, jane, john, mia, olivia } from '../../test/support/people.ts';
import { complete, Stage } from '../../test/support/stage.ts';
import type { Command } from './command.ts';
import { erasedAddress, erasedName, erasePerson, personOf } from './erasure.ts';
import { applyCommand, openLedger } from './ledger.ts';

const erase: Command = { type: 'erase', externalId: jane.id };
const words = ['Jane', 'Alder', 'jane@client.test', 'Ultramarine', 'not my blue', 'Cerulean'];

function played(): Stage {
  const s = Stage.started(
    {
      ...{ key: 'form', type: 'FORM', assignee: { kind: 'client' } },
      fields: [
        { key: 'colour', label: 'Colour', type: 'text' },
        { key: 'size', label: 'Size', type: 'choice', options: ['S', 'L'] },
      ],
    },
    { key: 'check', type: 'APPROVAL', dependsOn: ['form'], assignee: { kind: 'client' } },
    {
      ...{ key: 'large', dependsOn: ['check'], condition: { step: 'form', field: 'size', op: 'is', values: ['L'] } },
      assignee: { kind: 'client' },
    },
  );
  s.does(olivia, { type: 'invite', people: [invitee(jane), invitee(john)] });
  s.does(jane, complete('form', { colour: 'Ultramarine', size: 'L' }, 'Cerulean is fine too'));
  s.does(olivia, { type: 'comment', taskId: 'tk_check', text: 'Jane Alder said so, ask jane@client.test' });
  s.does(jane, { type: 'reject', taskId: 'tk_check', reason: 'not my blue' });
  s.does(olivia, complete('form', { colour: 'Green', size: 'L' }));
  s.does(jane, { type: 'approve', taskId: 'tk_check', comment: '' });
  return s;
}

describe("a client's data", () => {
  it('is in the flow, and nowhere in it once it is erased', () => {
    const s = played();
    const before = JSON.stringify(s.flow);
    for (const word of words.slice(0, 2).concat('not my blue', 'Cerulean')) expect(before).toContain(word);
    s.does(olivia, erase);
    const after = JSON.stringify(s.flow);
    for (const word of words) expect(after).not.toContain(word);
    expect(s.flow.externals).toMatchObject([
      { id: jane.id, email: erasedAddress(jane.id), name: erasedName, invitation: 'REVOKED' },
      { id: john.id, email: 'john@client.test' },
    ]);
    // What a member answered stays.
    expect(s.task('form').answers).toMatchObject({ colour: 'Green' });
    expect(s.told).toContain('Olivia erased the data of a client');
    expect(s.told).toContain('Olivia took the assignee off "large"');
  });

  it('leaves a flow that can be finished, the same way as before', () => {
    const s = Stage.started(
      {
        ...{ key: 'form', type: 'FORM', assignee: { kind: 'client' } },
        fields: [
          { key: 'colour', label: 'Colour', type: 'text' },
          { key: 'size', label: 'Size', type: 'choice', options: ['S', 'L'] },
        ],
      },
      { key: 'next', dependsOn: ['form'], assignee: { kind: 'client' } },
      { key: 'large', dependsOn: ['next'], condition: { step: 'form', field: 'size', op: 'is', values: ['L'] } },
    );
    s.does(olivia, { type: 'invite', people: [invitee(jane)] });
    s.does(jane, complete('form', { colour: 'Ultramarine', size: 'L' }));
    s.does(olivia, erase);
    expect(s.task('form').answers).toEqual({ size: 'L' });
    expect(s.task('next').assignee).toBeNull();
    s.does(mia, complete('next'));
    s.does(mia, complete('large'));
    expect(s.flow.status).toBe('COMPLETED');
  });

  it('is erased once, by an admin; they are let in no more, and can be invited anew', () => {
    const s = played();
    expect(s.refusal(mia, erase).code).toBe('not_allowed');
    expect(s.refusal(jane, erase).code).toBe('not_allowed');
    expect(s.refusal(olivia, { type: 'erase', externalId: 'ex_nobody' }).code).toBe('external_unknown');
    s.does(olivia, erase);
    expect(s.does(olivia, erase).events).toEqual([]);
    expect(s.refusal(jane, complete('large')).code).toBe('not_allowed');
    s.does(olivia, { type: 'invite', people: [invitee(jane)] });
    expect(s.flow.externals.find((e) => e.id === jane.id)).toMatchObject({ name: 'Jane Alder' });
  });

  it('erased from what was erased, changes nothing', () => {
    const { flow } = played();
    const person = personOf(flow, jane.id);
    if (!person) throw new Error('Jane is in the flow');
    const once = erasePerson(flow, person, 99);
    expect(erasePerson(once, person, 99)).toEqual(once);
    expect(once.tasks.find((t) => t.key === 'form')?.version).toBe(99);
  });

  it('goes from what was answered to earlier commands', () => {
    const s = new Stage({ key: 'a', assignee: { kind: 'client' } });
    let ledger = openLedger(s.flow, { commandId: 'made', fingerprint: '', at: 1 });
    const sends = (commandId: string, actor: typeof olivia | typeof mia, command: Command): void => {
      ledger = applyCommand(ledger, { commandId, fingerprint: '', actor, command }, s.now);
    };
    sends('c1', olivia, { type: 'invite', people: [invitee(jane)] });
    sends('c2', olivia, { type: 'start', startDate: null });
    sends('c3', mia, complete('a'));
    expect(JSON.stringify(ledger.outcomes)).toContain('Jane Alder, or an owner or admin');
    sends('c4', olivia, erase);
    expect(JSON.stringify(ledger)).not.toMatch(/Jane|Alder|jane@client/);
    expect(ledger.outcomes).toHaveLength(5);
  });
});
