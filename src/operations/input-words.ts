/** What is wrong with an input, in plain words, where its schema says nothing of its own. */
import type { z } from 'zod';
import { short } from './words.ts';

/** At most five of them: whoever has more, has them after the next try. */
const told = 5;

/** "limit: must be 100 at most; flow: is needed" */
export const inputTrouble = ({ issues }: z.ZodError): string =>
  issues
    .slice(0, told)
    .map(({ path, message }) => `${short(path.join('.'), 100) || 'input'}: ${short(message, 300)}`)
    .join('; ');

/** For `safeParse`, as `error`. */
export function issueWords(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return `${issue.keys.map((k) => JSON.stringify(k)).join(', ')} is not known here`;
    case 'too_small':
      if (issue.origin === 'string' && issue.minimum === 1) return 'must not be empty';
      return `must ${measured(issue.origin, issue.minimum)} at least`;
    case 'too_big':
      return `must ${measured(issue.origin, issue.maximum)} at most`;
    case 'invalid_type':
      return issue.input === undefined ? 'is needed' : `must be ${kinds[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return issue.values.length === 1
        ? `must be ${String(issue.values[0])}`
        : `must be one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_format':
      return `is ${formats[issue.format] ?? 'not written as it must be'}`;
    case 'invalid_union':
      return issue.input === undefined ? 'is needed' : 'is nothing that it can be';
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
      return 'does not fit';
  }
}

function measured(origin: string, n: number | bigint): string {
  if (origin === 'string') return `have ${n} characters`;
  return origin === 'array' ? `have ${n} entries` : `be ${n}`;
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object with fields',
  record: 'an object with fields',
  null: 'null',
};

const formats: Readonly<Record<string, string>> = {
  email: 'no mail address',
  url: 'no web address',
  date: 'no day, written YYYY-MM-DD',
  datetime: 'no moment, written as in 2026-12-31T12:00:00Z',
};
