import { expect, test } from 'vitest';
import { z } from 'zod';
import { kindOf, typeOf } from './schema-words.ts';

const inputOf = (type: z.ZodType): unknown => z.toJSONSchema(type, { io: 'input' });

test.each<[z.ZodType, string]>([
  [z.string(), 'text'],
  [z.string().max(200), 'text, 200 characters at most'],
  [z.email(), 'mail address'],
  [z.iso.date(), 'day, YYYY-MM-DD'],
  [z.enum(['APPROVE', 'REJECT']), 'one of APPROVE, REJECT'],
  [z.boolean(), 'true or false'],
  [z.literal(true), 'true'],
  [z.int().min(1).max(100).default(25), 'whole number, 1 to 100; 25 unless said'],
  [z.int().min(0), 'whole number, 0 at least'],
  [z.int(), 'whole number'],
  [z.int().max(9), 'whole number, 9 at most'],
  [z.number().min(0.5).max(2), 'number, 0.5 to 2'],
  [z.number(), 'number'],
  [z.string().nullable(), 'text or null'],
  [z.array(z.string()).default([]), 'list (text)'],
  [z.string().default(''), 'text'],
  [z.array(z.enum(['a', 'b'])).max(5), 'list (one of a, b), 5 entries at most'],
  [
    z.array(z.strictObject({ email: z.string(), name: z.string().optional() })),
    'list (object with `email`, `name` (optional))',
  ],
  [z.record(z.string(), z.string()), 'object'],
])('a field is told in words, %#: %2$s', (type, says) => {
  expect(kindOf(inputOf(type))).toBe(says);
});

test('an answer is told as a type, with what its fields mean', () => {
  const answer = z.object({
    id: z.string().describe('Typed'),
    state: z.enum(['on', 'off']).nullable(),
    roles: z.array(z.enum(['a', 'b'])),
    size: z.int().optional(),
    made: z.literal(true),
    answers: z.record(z.string(), z.int()),
    parts: z.array(
      z.discriminatedUnion('kind', [z.object({ kind: z.literal('x') }), z.object({ kind: z.literal('y') })]),
    ),
  });
  expect(typeOf(z.toJSONSchema(answer, { io: 'output' }))).toBe(`{
  id: string; // Typed
  state: "on" | "off" | null;
  roles: ("a" | "b")[];
  size?: number;
  made: true;
  answers: Record<string, number>;
  parts: ({
    kind: "x";
  } | {
    kind: "y";
  })[];
}`);
});
