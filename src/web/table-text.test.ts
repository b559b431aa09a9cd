/** Letters that are not plain ASCII come through whole, or the file is refused: names stand in mails to clients. */
import { expect, test } from 'vitest';
import { tableText } from './table-text.ts';

const name = 'Müller & Söhne – “Été” 10 €';
/** Written out, since what Node decodes is what is tested. */
const asWindows1252 = Buffer.from(
  'M\xfcller & S\xf6hne \x96 \x93\xc9t\xe9\x94 10 \x80'.split('').map((c) => c.charCodeAt(0)),
);
const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');

test.each([
  ['UTF-8', Buffer.from(name), false],
  ['UTF-8 with a mark', Buffer.from(`\ufeff${name}`), false],
  ['UTF-16, as Excel’s Unicode text', utf16(name), false],
  ['UTF-16, the other way round', utf16(name).swap16(), false],
  ['windows-1252, as Excel’s CSV', asWindows1252, true],
])('%s', (_encoding, bytes, guessed) => expect(tableText(bytes, 100)).toEqual({ ok: true, text: name, guessed }));

test('ASCII and nothing at all are UTF-8', () => {
  expect(tableText(Buffer.from('name\nPine'), 100)).toEqual({ ok: true, text: 'name\nPine', guessed: false });
  expect(tableText(Buffer.alloc(0), 100)).toEqual({ ok: true, text: '', guessed: false });
});

test.each([
  ['UTF-16 without a mark', Buffer.from(name, 'utf16le'), /can’t be read.*CSV UTF-8/],
  ['half of a letter in UTF-16', Buffer.from([0xff, 0xfe, 0x00, 0xd8]), /can’t be read.*CSV UTF-8/],
  ['a byte that means nothing in windows-1252', Buffer.from([0x6e, 0x81]), /can’t be read.*CSV UTF-8/],
  ['a workbook', Buffer.from([0x50, 0x4b, 3, 4, 0x14]), /a workbook.*CSV UTF-8/],
  ['an old workbook', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1]), /a workbook.*CSV UTF-8/],
  ['too much', Buffer.from('x'.repeat(2_000)), /more than 1,999 characters/],
])('is refused: %s', (_what, bytes, problem) =>
  expect(tableText(bytes, 1_999)).toEqual({ ok: false, problem: expect.stringMatching(problem) }),
);
