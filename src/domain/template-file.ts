/** A template as a file: how it is written out, read again, and what its published JSON Schema says. */
import { z } from 'zod';
import { draftBytes, draftProblems, readDraft } from './draft.ts';
import { type Template, templateSchema, withoutMembers } from './template.ts';

/** Where on a deployment the schema is. */
export const schemaPath = '/schemas/template.json';

export type TemplateFile = Template & { readonly $schema: string };

/** A file goes anywhere, so it names no member. `publicUrl` is the deployment's, so that an editor finds the schema. */
export const templateFile = (template: Template, publicUrl: string): TemplateFile => ({
  $schema: publicUrl + schemaPath,
  ...withoutMembers(templateSchema.parse(template)),
});

/** In UTF-16 code units. */
export const fileLength = draftBytes;

export type FileReading = { ok: true; template: Template } | { ok: false; problems: readonly string[] };

/** Reads a file's text, or what it was parsed to: strictly, since a misspelt word would be lost. Tells all that is wrong. */
export function readTemplateFile(input: unknown): FileReading {
  const parsed = typeof input === 'string' ? parse(input) : ({ ok: true, value: input } as const);
  if (!parsed.ok) return { ok: false, problems: [parsed.message] };
  const { value } = parsed;
  const reading = readDraft(isObject(value) ? withoutSchema(value) : value);
  if (!reading.ok) return { ok: false, problems: [reading.message] };
  const problems = draftProblems(reading.draft).map(({ step, at, message }) =>
    [step && `step "${step}"`, at, message].filter((part) => part !== '').join(': '),
  );
  return problems.length > 0 ? { ok: false, problems } : { ok: true, template: templateSchema.parse(reading.draft) };
}

/** What an export gives names its schema, which is no part of the template. */
export function withoutSchema(file: object): object {
  const { $schema: _, ...template } = { $schema: '', ...file };
  return template;
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parse(text: string): { ok: true; value: unknown } | { ok: false; message: string } {
  if (text.trim() === '') return { ok: false, message: 'There is nothing in it.' };
  if (text.length > fileLength)
    return { ok: false, message: `It has ${text.length} letters; ${fileLength} are the most.` };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { ok: false, message: `This is no JSON: ${error.message}${lineOf(text, error.message)}.` };
  }
}

/** ", in line 7", where the message has a position only. */
function lineOf(text: string, message: string): string {
  const position = /at position (\d+)$/.exec(message)?.[1];
  return position === undefined ? '' : `, in line ${text.slice(0, Number(position)).split('\n').length}`;
}

/** The JSON Schema of what `readTemplateFile` takes. That keys are unique and dependencies make no circle it can't say. */
export function templateJsonSchema(publicUrl: string): object {
  const { $schema, ...body } = z.toJSONSchema(
    templateSchema.extend({ $schema: z.string().optional().describe('The address of this schema') }),
    {
      io: 'input',
      target: 'draft-2020-12',
      override({ jsonSchema }) {
        // A word that is not known is refused at import.
        if (jsonSchema.type === 'object') jsonSchema.additionalProperties = false;
      },
    },
  );
  return {
    $schema,
    $id: publicUrl + schemaPath,
    title: 'Booflow template',
    description: 'The steps a flow is made from, as exported and imported by Booflow.',
    ...body,
  };
}
