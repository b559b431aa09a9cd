import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSeen, lineOf, nameOf, nameTrouble, textOf } from './naming.ts';

const takes = (text: string): boolean => nameOf(200).safeParse(text).success;

describe('what something is called', () => {
  it.each([
    'Acme Corp',
    'Zoë & Søn, «Ångström» 7',
    '👩‍💻 Design',
    '👨‍👩‍👧‍👦',
    '🏴󠁧󠁢󠁥󠁮󠁧󠁿 England',
    '1️⃣',
    'می‌خواهم',
    'क्‍ष',
    'אישור החוזה',
    '株式会社',
    'ไทย\u200bแลนด์',
  ])('may be %j', (name) => expect(takes(name)).toBe(true));

  it.each([
    ['nothing', ''],
    ['blanks', ' \u00a0\u3000'],
    ['what has no width', '\u200b'],
    ['joiners', '\u2060\u2060'],
    ['fillers', '\u3164\u115f'],
    ['an empty cell of Braille', '\u2800'],
    ['an accent with no letter', '\u0301'],
    ['a bell', '\u0007'],
    ['a bell among letters', 'a\u0007b'],
    ['a line break', 'a\nb'],
    ['a line break of another alphabet', 'a\u2028b'],
    ['what turns text', '\u202e'],
    ['what turns text, among letters', 'contract\u202egpj.exe'],
    ['what isolates text', 'a\u2066b\u2069'],
  ])('is not %s', (_what, name) => expect(takes(name)).toBe(false));

  const turnsOrBreaks = fc.constantFrom(
    ...['\n', '\r', '\t', '\0', '\u0007', '\u001b', '\u0085', '\u2028', '\u2029', '\u061c'],
    ...['\u200e', '\u200f', '\u202a', '\u202b', '\u202c', '\u202d', '\u202e', '\u2066', '\u2067', '\u2068', '\u2069'],
  );
  const notSeen = fc.constantFrom(
    ...[' ', '\u00a0', '\u00ad', '\u034f', '\u115f', '\u180e', '\u200b', '\u200c', '\u200d', '\u2060', '\u2800'],
    ...['\u3000', '\u3164', '\ufe0f', '\ufeff', '\u{e0041}'],
  );
  const letters = fc.string({
    unit: fc.constantFrom('a', 'é', '日', 'ش', 'क', '\u200d', '\u200c', '👩', ' '),
    maxLength: 20,
  });

  it('has none of what turns or breaks a line, wherever in it', () => {
    fc.assert(
      fc.property(letters, turnsOrBreaks, letters, (before, bad, after) => {
        // At the ends blanks are taken away before anything is asked.
        expect(takes(`x${before}${bad}${after}x`)).toBe(false);
      }),
    );
  });

  it('has something to see, and however much is unseen beside it', () => {
    const unseen = fc.string({ unit: notSeen, maxLength: 20 });
    fc.assert(
      fc.property(unseen, (text) => {
        expect([takes(text), isSeen(text)]).toEqual([false, false]);
      }),
    );
    fc.assert(
      fc.property(unseen, letters, unseen, (a, b, c) => {
        expect(takes(`${a}x${b}${c}`)).toBe(true);
      }),
    );
  });

  it('is said in the same way wherever it is asked, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 50 }), (text) => {
        const line = lineOf(200).safeParse(text);
        expect(line.success).toBe(nameTrouble(text.trim()) === null);
        expect(line.error?.issues.map((i) => i.message) ?? []).toEqual(line.success ? [] : [nameTrouble(text.trim())]);
      }),
    );
  });
});

it('what one writes may have lines, and something to see', () => {
  for (const text of ['Two\nlines', '', 'Ok 👍']) expect(textOf(100).safeParse(text).success).toBe(true);
  for (const text of ['\u200b', '\u2060 \u00ad']) expect(textOf(100).safeParse(text).success).toBe(false);
});
