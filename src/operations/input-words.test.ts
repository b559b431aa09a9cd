import { expect, test } from 'vitest';
import { z } from 'zod';
import { inputTrouble, issueWords } from './input-words.ts';

const input = z.strictObject({
  text: z.string().min(1).max(5).optional(),
  code: z.string().min(3).optional(),
  count: z.int().min(1).max(100).optional(),
  on: z.boolean().optional(),
  role: z.enum(['OWNER', 'MEMBER']).optional(),
  again: z.literal(true).optional(),
  list: z.array(z.string()).max(2).optional(),
  email: z.email().optional(),
  day: z.iso.date().optional(),
  either: z.union([z.string(), z.int()]).optional(),
  own: z.string({ error: 'is no good' }).optional(),
  inner: z.strictObject({ name: z.string() }).optional(),
});

test.each<[unknown, string]>([
  [{ text: '' }, 'text: must not be empty'],
  [{ text: 'too long' }, 'text: must have 5 characters at most'],
  [{ code: 'a' }, 'code: must have 3 characters at least'],
  [{ text: 7 }, 'text: must be text'],
  [{ count: 0 }, 'count: must be 1 at least'],
  [{ count: 101 }, 'count: must be 100 at most'],
  [{ count: 1.5 }, 'count: must be a whole number'],
  [{ count: 'many' }, 'count: must be a number'],
  [{ on: 'yes' }, 'on: must be true or false'],
  [{ role: 'KING' }, 'role: must be one of OWNER, MEMBER'],
  [{ again: false }, 'again: must be true'],
  [{ list: ['a', 'b', 'c'] }, 'list: must have 2 entries at most'],
  [{ list: 'a' }, 'list: must be a list'],
  [{ list: [1] }, 'list.0: must be text'],
  [{ email: 'nobody' }, 'email: is no mail address'],
  [{ day: 'tomorrow' }, 'day: is no day, written YYYY-MM-DD'],
  [{ either: true }, 'either: is nothing that it can be'],
  // What a schema says itself stays.
  [{ own: 1 }, 'own: is no good'],
  [{ inner: {} }, 'inner.name: is needed'],
  [{ inner: 1, colour: 'red' }, 'inner: must be an object with fields; input: "colour" is not known here'],
  [[], 'input: must be an object with fields'],
  [undefined, 'input: is needed'],
])('%j: %s', (given, says) => {
  const { error } = input.safeParse(given, { error: issueWords });
  expect(error && inputTrouble(error)).toBe(says);
});
