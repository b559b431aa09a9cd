import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { olivia } from '../../test/support/people.ts';
import { draft, monday, steps } from '../../test/support/stage.ts';
import { findOutcome, openLedger, receive } from './ledger.ts';
import { readTemplate } from './read-template.ts';
import { isStorable, readableLine } from './storable.ts';

describe('text that any store takes', () => {
  it.each([
    ['plain', true],
    ['naïve, 日本, emoji 👩‍👩‍👧 and \u0001', true],
    ['a\0b', false],
    ['half \ud83d', false],
    ['half \udc00 too', false],
    [{ a: ['fine', { b: 'a\0' }] }, false],
    [{ 'a\0': 'fine' }, false],
    [[1, null, true, undefined, 'fine'], true],
  ])('%j: %s', (value, storable) => {
    expect(isStorable(value)).toBe(storable);
  });
});

describe("a stranger's text as a line", () => {
  it.each([
    ['not  now,\r\n try\tlater \n', 'not now, try later'],
    ['\0\0', ''],
    ['a\0b\u0007c', 'a b c'],
    ['half \ud83d, and \u202eback', 'half , and back'],
    [`${'x'.repeat(19)}😀`, 'x'.repeat(19)],
  ])('%j: %s', (text, line) => {
    expect(readableLine(text, 20)).toBe(line);
  });

  it('is storable, whatever it was, and no longer than it may be', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((c) => String.fromCharCode(c)) }),
        (text) => {
          const line = readableLine(text, 12);
          expect(isStorable(line)).toBe(true);
          expect(line.length).toBeLessThanOrEqual(12);
        },
      ),
    );
  });
});

const unstorable = 'a\0b';

it('a command with other text is refused by the flow itself, whoever sent it, and changes nothing', () => {
  const made = { commandId: 'c_made', fingerprint: '', at: monday };
  const ledger = openLedger(draft(steps({ key: 'a' })), made);
  const command = { type: 'comment', taskId: 'tk_a', text: unstorable };
  const after = receive(ledger, { commandId: 'c_nul', actor: olivia, command }, monday);
  expect(after.flow).toEqual(ledger.flow);
  expect(findOutcome(after, 'c_nul')).toMatchObject({ ok: false, refusal: { code: 'bad_command' } });
});

it('a template with other text is not read', () => {
  const reading = readTemplate({ name: 'T', steps: [{ key: 'a', title: unstorable }] });
  expect(reading).toMatchObject({ ok: false, problems: [{ message: expect.stringContaining("can't be stored") }] });
});
