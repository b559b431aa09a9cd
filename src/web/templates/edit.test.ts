import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomSteps } from '../../../test/support/random-flows.ts';
import { type Draft, draftProblems, readDraft } from '../../domain/draft.ts';
import { addStep, duplicateStep, earlier, keyFrom, moveStep, putBack, removeStep, renameKey } from './edit.ts';
import { applyForm } from './step-form.ts';

const draftOf = (...steps: object[]): Draft => {
  const reading = readDraft({ name: 'Test', steps });
  if (!reading.ok) throw new Error(reading.message);
  return reading.draft;
};
const step = (key: string, ...dependsOn: string[]) => ({ key, title: key, dependsOn });
const waits = ({ steps }: Draft) => steps.map((s) => [s.key, ...s.dependsOn].join(' '));

it.each([
  ['Send the contract!', 'send-the-contract'],
  ['Überprüfen & Schließen', 'uberprufen-schlie-en'],
  ['3 things', 'things'],
  ['日本', 'step'],
  ['Taken', 'taken-2'],
  ['x'.repeat(300), 'x'.repeat(56)],
])('the key of %j is %j', (title, key) => expect(keyFrom(title, ['taken'])).toBe(key));

describe('a step', () => {
  it('is added after the one that is open, and waits for it', () => {
    const { draft, open } = addStep(draftOf(step('a'), step('b', 'a')), 'New one', 'a');
    expect(open).toBe('new-one');
    expect(waits(draft)).toEqual(['a', 'new-one a', 'b a']);
    expect(waits(addStep(draft, 'New one', '').draft).at(-1)).toBe('new-one-2');
  });

  it('is removed with a bridge over it, and put back as it was', () => {
    const before = draftOf(step('a'), step('b', 'a'), step('c', 'b'), step('d', 'b', 'a'));
    const { draft, open } = removeStep(before, 'b');
    expect(open).toBe('c');
    expect(waits(draft)).toEqual(['a', 'c a', 'd a']);
    expect(putBack(draft, before, 'b')).toEqual({ draft: before, open: 'b' });
  });

  it('of any template is removed and put back, also after others were changed, and makes no cycle', () => {
    fc.assert(
      fc.property(randomSteps(), fc.nat(), (steps, pick) => {
        const before: Draft = { name: 'x', description: '', category: '', steps };
        const key = steps[pick % steps.length]?.key ?? '';
        const gone = removeStep(before, key).draft;
        expect(gone.steps.map((s) => s.key)).toEqual(steps.map((s) => s.key).filter((k) => k !== key));
        const told = draftProblems(gone).map((p) => p.message);
        expect(told.filter((m) => m.includes('wait for each other') || m.includes('depends on'))).toEqual([]);
        expect(putBack(gone, before, key).draft).toEqual(before);
        const { draft: more } = addStep(gone, 'Meanwhile', '');
        expect(putBack(more, before, key).draft.steps.slice(0, -1)).toEqual(steps);
      }),
    );
  });

  it('is doubled, moved and renamed with all that names it', () => {
    const draft = draftOf(
      { ...step('a'), type: 'FORM', fields: [{ key: 'f', label: 'F', type: 'date' }] },
      {
        ...step('b', 'a'),
        due: { from: 'answer', days: 1, step: 'a', field: 'f' },
        condition: { step: 'a', field: 'f', op: 'is', values: ['x'] },
      },
    );
    expect(waits(duplicateStep(draft, 'b').draft)).toEqual(['a', 'b a', 'b-copy a']);
    expect(waits(moveStep(draft, 'b', -1).draft)).toEqual(['b a', 'a']);
    expect(moveStep(draft, 'b', 1).draft).toEqual(draft);
    expect(JSON.stringify(renameKey(draft, 'a', 'z'))).toBe(
      JSON.stringify(draft).replaceAll('"a"', '"z"').replace('"title":"z"', '"title":"a"'),
    );
  });

  it('counts on answers of those that certainly come before it', () => {
    const draft = draftOf(step('a'), step('b', 'a'), step('c', 'b'), step('d'));
    expect(earlier(draft, 'c').map((s) => s.key)).toEqual(['a', 'b']);
  });
});

describe('the form of a step', () => {
  const draft = draftOf(
    { ...step('form'), type: 'FORM', fields: [{ key: 'plan', label: 'Plan', type: 'choice', options: ['S', 'M'] }] },
    step('next', 'form'),
  );
  const fill = (open: string, fields: Record<string, string>) => applyForm(draft, open, fields);

  it('says who, when, and on which answer', () => {
    const given = fill('next', {
      ...{ title: 'Next one', description: 'a\r\nb', type: 'APPROVAL', who: 'role', role: ' Lawyer ', key: 'next' },
      ...{ due_from: 'before', due_days: '3', due_unit: 'business', due_answer: 'form.plan' },
      ...{ if_on: 'form.plan', if_op: 'is_not', 'if_value.0': 'S' },
    });
    expect(given.draft.steps[1]).toEqual({
      ...{ key: 'next', title: 'Next one', description: 'a\nb', type: 'APPROVAL', dependsOn: ['form'], fields: [] },
      assignee: { kind: 'role', role: 'Lawyer' },
      due: { from: 'answer', days: -3, unit: 'business', step: 'form', field: 'plan' },
      // The field is only just chosen: the answers shown before were another's.
      condition: { step: 'form', field: 'plan', op: 'is_not', values: [] },
    });
    const again = applyForm(given.draft, 'next', { title: 'Next one', if_on: 'form.plan', 'if_value.1': 'M' });
    expect(again.draft.steps[1]?.condition).toMatchObject({ op: 'is', values: ['M'] });
  });

  it('keeps what is not right yet, and what it does not show', () => {
    expect(fill('next', { title: '', due_from: 'start', due_days: '1.5' }).draft.steps[1]).toMatchObject({
      ...{ title: '', due: { days: 1.5 }, dependsOn: ['form'] },
    });
    expect(fill('next', {}).draft).toEqual(draft);
    expect(fill('nowhere', { title: 'x' }).draft).toEqual(draft);
  });

  it('gives a field its key by its first label, which stays', () => {
    const first = applyForm(draftOf({ key: 'a', type: 'FORM', fields: [{ key: 'field-1', type: 'text' }] }), 'a', {
      ...{ title: 'A', 'field.0.label': 'Go-live date', 'field.0.type': 'date' },
    });
    expect(first.draft.steps[0]?.fields).toEqual([
      { key: 'go-live-date', label: 'Go-live date', help: '', required: false, type: 'date' },
    ]);
    const second = applyForm(first.draft, 'a', { title: 'A', 'field.0.label': 'Launch', 'field.0.type': 'date' });
    expect(second.draft.steps[0]?.fields[0]).toMatchObject({ key: 'go-live-date', label: 'Launch' });
  });

  it('gives a step another key unless it is taken', () => {
    expect(fill('form', { title: 'Form', key: 'intake' })).toMatchObject({ open: 'intake' });
    expect(waits(fill('form', { title: 'Form', key: 'intake' }).draft)).toEqual(['intake', 'next intake']);
    expect(fill('form', { title: 'Form', key: 'next' }).open).toBe('form');
  });
});
