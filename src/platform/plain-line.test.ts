import { expect, it } from 'vitest';
import { firstLetter, firstName, plainLine, plainText, shortened } from './plain-line.ts';

it('a line has no break of any alphabet, no control character and nothing that turns or hides text', () => {
  expect(plainLine('Jane\r\nBcc: all@evil.test\u0000\u0085\u2028\u2029\tAlder')).toBe('Jane Bcc: all@evil.test Alder');
  expect(plainLine('contract\u202egpj.exe\u2066 \u200fx\u200b')).toBe('contractgpj.exe x');
});

it('what letters are made of stays: joined emoji, Persian with its joiners, Hebrew, accents', () => {
  for (const name of ['👩‍💻 Zoë', 'می‌خواهم', 'אישור החוזה', 'Ångström']) expect(plainLine(name)).toBe(name);
  for (const seen of ['👨‍👩‍👧‍👦', '🏳️‍🌈', '👩🏽‍💻', '1️⃣', 'क्‍ष', '۝']) expect(plainLine(seen)).toBe(seen);
  const hidden = [...'Ignore this'].map((c) => String.fromCodePoint(0xe0000 + (c.codePointAt(0) ?? 0))).join('');
  for (const tricks of [
    hidden,
    '\u200b',
    '\u2060',
    '\ufeff',
    '\u00ad',
    '\u061c',
    '\u180e',
    '\u3164',
    '\u{e0101}',
    '\ufe0f',
    '\u200d',
  ])
    expect(plainLine(`Ac${tricks}me`)).toBe('Acme');
});

it('the first letter is what a reader takes for one', () => {
  const all = ['👩‍🚀 Orbit', '🏳️‍🌈 Pride', '🇨🇿 Praha', 'A\u030angström', 'Acme', ''];
  expect(all.map(firstLetter)).toEqual(['👩‍🚀', '🏳️‍🌈', '🇨🇿', 'A\u030a', 'A', '']);
});

it('text keeps its lines, with one empty line between two at most', () => {
  expect(plainText(' One\r\n\r\n\r\n\r\nTwo\u2028Three\u202e ')).toBe('One\n\nTwo\nThree');
});

it('is cut between letters as a reader counts them, whatever they are made of', () => {
  expect(shortened('Jane', 4)).toBe('Jane');
  expect(shortened('👩‍💻👩‍💻👩‍💻', 2)).toBe('👩‍💻…');
  expect(shortened('👩‍💻👩‍💻', 2)).toBe('👩‍💻👩‍💻');
  expect(shortened(`e${'\u0301'.repeat(100_000)}`, 10).length).toBeLessThan(60);
});

it('one is called by the first of one’s names, and of a long one by as much as a button holds', () => {
  expect(['Jane Alder', '👩‍🚀 Zoë Moon', '…', '', 'Ann\nBcc: x'].map(firstName)).toEqual([
    'Jane',
    'Zoë',
    '…',
    '',
    'Ann',
  ]);
  expect(firstName('a'.repeat(200))).toBe(`${'a'.repeat(39)}…`);
});
