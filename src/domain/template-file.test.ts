import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomSteps } from '../../test/support/random-flows.ts';
import { acmeTemplates } from '../demo/templates/acme.ts';
import { globexTemplates } from '../demo/templates/globex.ts';
import { publicTemplates } from '../demo/templates/public.ts';
import { draftProblems, readDraft } from './draft.ts';
import { composed, nameTrouble } from './naming.ts';
import { type Template, templateSchema } from './template.ts';
import { fileLength, readTemplateFile, templateFile, templateJsonSchema } from './template-file.ts';

const url = 'https://flows.example';
const seeded = [...publicTemplates, ...acmeTemplates, ...globexTemplates];
const step = (key: string, ...dependsOn: string[]) => ({ key, title: key.toUpperCase(), dependsOn });
const problems = (input: unknown): readonly string[] => {
  const reading = readTemplateFile(input);
  return reading.ok ? [] : reading.problems;
};

/** Such as nobody would mend: of a text that can't be seen, a draft has a problem. */
const text = fc
  .string({ unit: 'grapheme', maxLength: 30 })
  .map(composed)
  .filter((t) => nameTrouble(t) === null);
const named = text.filter((t) => t !== '');
const templates: fc.Arbitrary<Template> = fc
  .record({ name: named, description: text, category: text, steps: randomSteps(), titles: fc.array(named) })
  .map(({ titles, steps, ...rest }) =>
    templateSchema.parse({ ...rest, steps: steps.map((s, i) => ({ ...s, title: titles[i] ?? s.title })) }),
  );

describe('a template’s file', () => {
  it('is imported as it was exported, and exported again the same, letter by letter', () => {
    fc.assert(
      fc.property(fc.oneof(templates, fc.constantFrom(...seeded.map((s) => s.template))), (template) => {
        const written = JSON.stringify(templateFile(template, url), null, 2);
        const reading = readTemplateFile(written);
        expect(reading).toEqual({ ok: true, template });
        expect(reading.ok && JSON.stringify(templateFile(reading.template, url), null, 2)).toBe(written);
      }),
    );
  });

  it.each<[string, unknown, string | RegExp]>([
    ['nothing', '  ', 'There is nothing in it.'],
    ['what is no JSON', '{\n"name": "x",\n}', /^This is no JSON: .*(line 3|position 15)/],
    ['a list', '[]', 'the template: this must be an object.'],
    ['a number', 7, 'the template: this must be an object.'],
    ['no steps', { name: 'x' }, 'steps: Add a first step.'],
    ['no name', { steps: [step('a')] }, 'name: Give the template a name.'],
    ['an unknown word', { name: 'x', stepps: [] }, 'the template: "stepps" is no word of a template.'],
    [
      'an unknown word in a step',
      { name: 'x', steps: [{ ...step('a'), asignee: {} }] },
      'steps.0: "asignee" is no word of a template.',
    ],
    [
      'an unknown type',
      { name: 'x', steps: [{ ...step('a'), type: 'task' }] },
      'steps.0.type: this must be one of "TASK", "APPROVAL", "FORM".',
    ],
    [
      'an unknown kind of assignee',
      { name: 'x', steps: [{ ...step('a'), assignee: { kind: 'boss' } }] },
      'steps.0.assignee.kind: its "kind" is missing or unknown.',
    ],
    [
      'a text of a megabyte',
      { name: 'x', steps: [{ ...step('a'), description: 'x'.repeat(1_000_000) }] },
      'steps.0.description: this text is too long; 40000 letters are the most.',
    ],
    [
      'megabytes',
      JSON.stringify({ name: 'x'.repeat(1_000_000) }),
      `It has 1000011 letters; ${fileLength} are the most.`,
    ],
    [
      'many long texts',
      {
        name: 'x',
        steps: Array.from({ length: 30 }, (_, i) => ({ ...step(`s${i}`), description: 'x'.repeat(39_000) })),
      },
      /^It has 117\d{4} bytes; 900000 are the most\.$/,
    ],
    [
      'a cycle',
      { name: 'x', steps: [step('a', 'b'), step('b', 'a')] },
      'step "a": dependsOn: These steps wait for each other: "a" → "b" → "a". Remove one of the dependencies.',
    ],
    [
      'a number where a text belongs',
      { name: 'x', steps: [{ ...step('a'), title: 3 }] },
      'steps.0.title: this must be a string.',
    ],
    [
      'a key that is none',
      { name: 'x', steps: [step('__proto__')] },
      'step "__proto__": key: A key starts with a letter and has only a–z, 0–9, “-” and “_”, at most 64 of them.',
    ],
    [
      'half a letter',
      { name: 'x\ud800', steps: [step('a')] },
      "A text has characters that can't be stored. Remove them.",
    ],
  ])('with %s is refused, and told what is wrong', (_, input, message) => {
    expect(problems(input)).toEqual([typeof message === 'string' ? message : expect.stringMatching(message)]);
  });

  it('keeps nothing that its words do not say: a prototype, a constructor', () => {
    expect(problems('{"name":"x","__proto__":{"steps":[]},"steps":[]}')).toHaveLength(1);
    expect(problems('{"name":"x","constructor":1,"steps":[]}')).toEqual([
      'the template: "constructor" is no word of a template.',
    ]);
  });
});

describe('its JSON Schema', () => {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  const schema = templateJsonSchema(url);
  const valid = ajv.compile(schema);

  it('is one of its draft, with its own address', () => {
    expect(ajv.validateSchema(schema)).toBe(true);
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: 'https://flows.example/schemas/template.json',
    });
  });

  it.each(seeded.map((s) => [s.id, s.template] as const))('fits %s', (_, template) => {
    valid(templateFile(template, url));
    expect(valid.errors).toBeNull();
  });

  it('fits whatever is exported', () => {
    fc.assert(
      fc.property(templates, (template) => {
        valid(templateFile(template, url));
        expect(valid.errors).toBeNull();
      }),
    );
  });

  it('fits a file that leaves out what has a default, and none with unknown words, wrong kinds or too much text', () => {
    expect(valid({ name: 'x', steps: [{ key: 'a', title: 'A' }] })).toBe(true);
    for (const wrong of [
      { name: 'x', steps: [{ key: 'a', title: 'A', asignee: {} }] },
      { name: 'x', steps: [{ key: 'A', title: 'A' }] },
      { name: 'x', steps: [] },
      { name: 'x', steps: [{ key: 'a', title: 'A', assignee: { kind: 'boss' } }] },
      { name: 'x'.repeat(201), steps: [{ key: 'a', title: 'A' }] },
    ]) {
      expect(valid(wrong), JSON.stringify(wrong).slice(0, 80)).toBe(false);
    }
  });
});

describe('a draft', () => {
  const told = (input: unknown) => {
    const reading = readDraft(input);
    if (!reading.ok) throw new Error(reading.message);
    return draftProblems(reading.draft).map((p) => [p.step, p.at, p.message]);
  };

  it('of any template is that template, and has no problems', () => {
    fc.assert(
      fc.property(templates, (template) => {
        expect(readDraft(template)).toEqual({ ok: true, draft: template });
        expect(told(template)).toEqual([]);
      }),
    );
  });

  it('tells everything that is to be mended, once, in the order of the steps, and where', () => {
    expect(
      told({
        steps: [
          { key: 'b', title: 'B', type: 'FORM', dependsOn: ['a'], fields: [{ key: 'f', type: 'choice' }] },
          {
            ...{ key: 'a', assignee: { kind: 'role' }, dependsOn: ['zz'] },
            ...{ due: { from: 'start', days: 1.5 }, condition: { step: '', field: '', op: 'is', values: [] } },
          },
        ],
      }),
    ).toEqual([
      ['', 'name', 'Give the template a name.'],
      ['b', 'fields.0.label', 'Give this field a label.'],
      ['b', 'fields.0.options', 'Give this choice at least one option.'],
      ['a', 'title', 'Give this step a title.'],
      ['a', 'assignee.role', 'Say which role.'],
      ['a', 'due.days', 'Write whole days, 0 to 3650; before an answered date, down to -365.'],
      ['a', 'condition.step', 'Choose the form and the field whose answer counts.'],
      ['a', 'condition.values', 'Say which answers count.'],
      ['a', 'dependsOn', '"" depends on "zz", which is no step of this template.'],
    ]);
  });
});
