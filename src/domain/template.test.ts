import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomSteps } from '../../test/support/random-flows.ts';
import { findCycle } from './graph.ts';
import { limits } from './limits.ts';
import { readTemplate } from './read-template.ts';
import { rolesOf, templateSchema } from './template.ts';

const read = (steps: unknown[]) => readTemplate({ name: 'Test', steps });
const step = (key: string, ...dependsOn: string[]) => ({ key, title: key.toUpperCase(), dependsOn });
const problems = (steps: unknown[]) => {
  const reading = read(steps);
  return reading.ok ? [] : reading.problems;
};

describe('a template', () => {
  it('whose graph can be run is read, with its defaults', () => {
    expect(read([step('a'), step('b', 'a')])).toMatchObject({
      ok: true,
      template: {
        name: 'Test',
        description: '',
        category: '',
        steps: [
          { key: 'a', type: 'TASK', assignee: { kind: 'nobody' }, due: null, dependsOn: [], fields: [] },
          { key: 'b', dependsOn: ['a'] },
        ],
      },
    });
  });

  it.each<[string, object[], string, string, string]>([
    [
      'a cycle',
      [step('a', 'c'), step('b', 'a'), step('c', 'b')],
      'a',
      'dependsOn',
      'These steps wait for each other: "a" → "c" → "b" → "a". Remove one of the dependencies.',
    ],
    [
      'a step that waits for itself',
      [step('a', 'a')],
      'a',
      'dependsOn',
      '"A" depends on itself. Remove that dependency.',
    ],
    [
      'an unknown dependency',
      [step('a', 'z')],
      'a',
      'dependsOn',
      '"A" depends on "z", which is no step of this template.',
    ],
    ['a repeated key', [step('a'), step('a')], 'a', 'key', 'Two steps have the key "a". Give each its own.'],
    ['a repeated dependency', [step('a'), step('b', 'a', 'a')], 'b', 'dependsOn', '"B" names a dependency twice.'],
    [
      'a form without fields',
      [{ ...step('a'), type: 'FORM' }],
      'a',
      'fields',
      '"A" is a form without fields. Add one, or make it a task.',
    ],
    [
      'fields on what is no form',
      [{ ...step('a'), fields: [{ key: 'f', label: 'F', type: 'text' }] }],
      'a',
      'fields',
      '"A" has fields, so its type must be FORM.',
    ],
    [
      'two fields with one key',
      [{ ...step('a'), type: 'FORM', fields: Array(2).fill({ key: 'f', label: 'F', type: 'text' }) }],
      'a',
      'fields',
      '"A" has two fields with the key "f".',
    ],
    [
      'an option twice',
      [{ ...step('a'), type: 'FORM', fields: [{ key: 'f', label: 'F', type: 'choice', options: ['S', 'M', 'S'] }] }],
      'a',
      'fields',
      '"F" of "A" has the option "S" twice.',
    ],
    [
      "a role that is a client's and a member's",
      [
        { ...step('a'), assignee: { kind: 'client', role: 'Reviewer' } },
        { ...step('b'), assignee: { kind: 'role', role: 'reviewer' } },
      ],
      'b',
      'assignee',
      'The role "reviewer" is a client\'s in one of "A" and "B", and one inside the organization in the other. Give each its own name.',
    ],
  ])('with %s is refused, and told what to do', (_, steps, where, part, message) => {
    expect(problems(steps)).toEqual([{ step: where, part, message }]);
  });

  const asks = {
    ...step('asks', 'first'),
    type: 'FORM',
    fields: [
      { key: 'size', label: 'Size', type: 'choice', options: ['S', 'M'] },
      { key: 'note', label: 'Note', type: 'text' },
      { key: 'begins', label: 'Begins', type: 'date' },
      { key: 'plan', label: 'Plan', type: 'file' },
    ],
  };
  const on = (given: object, ...dependsOn: string[]) => [
    step('first'),
    asks,
    step('between', 'asks'),
    { ...step('late', ...dependsOn), ...given },
  ];
  const is = (stepKey: string, field: string, ...values: string[]) => ({
    condition: { step: stepKey, field, op: 'is', values },
  });
  const by = (stepKey: string, field: string, days = -3) => ({
    due: { from: 'answer', days, unit: 'business', step: stepKey, field },
  });

  it.each<[string, object]>([
    ['a choice', is('asks', 'size', 'S', 'M')],
    ['a text', is('asks', 'note', 'yes')],
    ['a date, to be due by', by('asks', 'begins')],
    ['both', { ...is('asks', 'note', 'x'), ...by('asks', 'begins', 0) }],
  ])('may count on %s of a form that comes before, straight or through others', (_, given) => {
    expect(problems(on(given, 'asks'))).toEqual([]);
    expect(problems(on(given, 'between'))).toEqual([]);
  });

  it.each<[string, object, string, string]>([
    [
      'no step',
      is('nowhere', 'size', 'S'),
      'condition',
      '"LATE" counts on an answer to "nowhere", which is no step of this template.',
    ],
    [
      'a step that is no form',
      is('first', 'size', 'S'),
      'condition',
      '"LATE" counts on an answer to "FIRST", which is no form. Choose a form.',
    ],
    [
      'no field',
      is('asks', 'colour', 'S'),
      'condition',
      '"LATE" counts on the answer to "colour", which is no field of "ASKS"; its fields are "size", "note", "begins", "plan".',
    ],
    [
      'a date, to be done',
      is('asks', 'begins', 'S'),
      'condition',
      'Whether "LATE" is done can\'t depend on "Begins" of "ASKS", which is a date. Choose a field that is a choice or a text.',
    ],
    [
      'what is no option',
      is('asks', 'size', 'S', 'XL'),
      'condition',
      'Whether "LATE" is done depends on the answer "XL", which is no option of "Size"; they are: S, M.',
    ],
    [
      'a text, to be due by',
      by('asks', 'note'),
      'due',
      '"LATE" can\'t be due by "Note" of "ASKS", which is a text. Choose a date.',
    ],
    ['itself', by('late', 'begins'), 'due', '"LATE" counts on an answer to "LATE", which is no form. Choose a form.'],
  ])('that counts on %s is refused', (_, given, part, message) => {
    expect(problems(on(given, 'between'))).toEqual([{ step: 'late', part, message }]);
  });

  it('that counts on a form which does not come before is refused', () => {
    const message =
      '"LATE" counts on an answer to "ASKS", which doesn\'t come before it. Make it depend on that form, or on a step that does.';
    expect(problems(on(is('asks', 'size', 'S'), 'first'))).toEqual([{ step: 'late', part: 'condition', message }]);
    expect(problems(on(by('asks', 'begins')))).toEqual([{ step: 'late', part: 'due', message }]);
  });

  it('names its roles once each, whatever their letter case', () => {
    const roles = ['Designer', 'designer ', 'Account manager'].map((role, i) => ({
      ...step(`r${i}`),
      assignee: { kind: 'role', role },
    }));
    const clients = ['', 'Signatory', 'SIGNATORY'].map((role, i) => ({
      ...step(`c${i}`),
      assignee: { kind: 'client', role },
    }));
    const reading = read([...roles, ...clients]);
    expect(reading.ok && rolesOf(reading.template)).toEqual({
      internal: ['Designer', 'Account manager'],
      client: ['Signatory'],
    });
  });

  it('of an older release has the defaults of today', () => {
    const old = { name: 'T', steps: [{ ...step('a'), due: { days: 2, from: 'start' } }] };
    expect(templateSchema.parse(old).steps).toMatchObject([
      { due: { days: 2, from: 'start', unit: 'calendar' }, condition: null },
    ]);
  });

  it('tells everything that is wrong at once', () => {
    expect(problems([step('a', 'x'), step('b', 'y'), step('b')])).toHaveLength(3);
  });

  it.each<[string, unknown]>([
    ['no steps', { name: 'T', steps: [] }],
    ['501 steps', { name: 'T', steps: Array.from({ length: 501 }, (_, i) => step(`s${i}`)) }],
    ['a key that is not one', { name: 'T', steps: [step('__proto__')] }],
    ['a long title', { name: 'T', steps: [{ ...step('a'), title: 'x'.repeat(201) }] }],
    ['an offset that is no day', { name: 'T', steps: [{ ...step('a'), due: { days: 1.5, from: 'start' } }] }],
    ['no name', { name: ' ', steps: [step('a')] }],
    ['nothing', null],
  ])('with %s is refused', (_, input) => {
    expect(readTemplate(input).ok).toBe(false);
  });

  it('larger than a flow can carry is refused', () => {
    const long = Array.from({ length: 100 }, (_, i) => ({ ...step(`s${i}`), description: 'é'.repeat(2_000) }));
    expect(problems(long)).toEqual([
      {
        step: '',
        part: '',
        message: expect.stringMatching(/^The steps have 4\d{5} bytes of text; 300000 is the most\. /),
      },
    ]);
    const dense = Array.from({ length: 100 }, (_, i) =>
      step(`s${i}`, ...Array.from({ length: Math.min(i, 50) }, (_, k) => `s${k}`)),
    );
    expect(problems(dense)).toEqual([
      {
        step: '',
        part: 'dependsOn',
        message: expect.stringMatching(/^The steps have 3725 dependencies together; 3000 is the most\. /),
      },
    ]);
  });

  it('may have the names that every object has as its keys', () => {
    expect(read([step('constructor'), step('b', 'constructor')]).ok).toBe(true);
  });
});

describe('of random graphs', () => {
  it('those without a cycle are read as written', () => {
    fc.assert(
      fc.property(randomSteps(), (steps) => {
        const reading = read(steps);
        expect(reading.ok && reading.template.steps).toEqual(steps);
      }),
    );
  });

  it('one with a planted cycle is refused, and the cycle named is one', () => {
    fc.assert(
      fc.property(randomSteps(), fc.array(fc.nat(11), { minLength: 1, maxLength: 6 }), (steps, picks) => {
        const ring = [...new Set(picks.map((p) => steps[p % steps.length]?.key ?? ''))];
        const planted = steps.map((s) => {
          const at = ring.indexOf(s.key);
          const next = ring[(at + 1) % ring.length] ?? '';
          return at < 0 || s.dependsOn.includes(next) ? s : { ...s, dependsOn: [...s.dependsOn, next] };
        });
        expect(read(planted).ok).toBe(false);
        const before = new Map(planted.map((s) => [s.key, s.dependsOn]));
        const cycle = findCycle(before) ?? [];
        expect(cycle.length).toBeGreaterThan(0);
        expect(new Set(cycle).size).toBe(cycle.length);
        cycle.forEach((key, i) => {
          expect(before.get(key)).toContain(cycle[(i + 1) % cycle.length]);
        });
      }),
    );
  });

  it('one with an unknown dependency or a repeated key is refused', () => {
    fc.assert(
      fc.property(randomSteps(), fc.nat(11), fc.boolean(), (steps, pick, repeat) => {
        const at = pick % steps.length;
        const broken = repeat
          ? [...steps, ...steps.slice(at, at + 1)]
          : steps.map((s, i) => (i === at ? { ...s, dependsOn: [...s.dependsOn, 'nowhere'] } : s));
        const key = steps[at]?.key ?? '';
        const word = repeat ? `Two steps have the key "${key}".` : 'depends on "nowhere"';
        expect(problems(broken).map((p) => [p.step, p.message])).toContainEqual([key, expect.stringContaining(word)]);
      }),
    );
  });

  it('500 steps in a row are read from either end, dense ones too, and a cycle through all of them is found', () => {
    const count = limits.tasksPerFlow;
    const row = Array.from({ length: count }, (_, i) => step(`s${i}`, ...(i === 0 ? [] : [`s${i - 1}`])));
    expect(read(row).ok).toBe(true);
    expect(read(row.toReversed()).ok).toBe(true);
    const dense = Array.from({ length: count }, (_, i) =>
      step(`s${i}`, ...Array.from({ length: Math.min(i, 6) }, (_, k) => `s${i - 1 - k}`)),
    );
    expect(read(dense.toReversed()).ok).toBe(true);
    const ring = [step('s0', `s${count - 1}`), ...row.slice(1)];
    expect(findCycle(new Map(ring.map((s) => [s.key, s.dependsOn])))).toHaveLength(count);
    expect(read(ring).ok).toBe(false);
  });
});
