/** The text of a table that a person uploads. A file does not say how its letters are written; spreadsheets differ. */
import { wholeNumber } from './kit/number.ts';

export type TableText =
  /** `guessed`: it is no UTF-8, and was taken for what Excel writes in Europe and America. */
  | { readonly ok: true; readonly text: string; readonly guessed: boolean }
  /** What to do instead. */
  | { readonly ok: false; readonly problem: string };

/** How one gets a file whose letters are sure. */
export const saveAsUtf8 = 'In Excel: File, Save As, “CSV UTF-8 (Comma delimited)”.';

/** Of windows-1252, the bytes from 0x80 on; five of them mean nothing. Node 20's own decoder reads them as Latin-1. */
const high = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';
const windows1252 = (bytes: Buffer): string =>
  bytes.toString('latin1').replace(/[\x80-\x9f]/g, (c) => high.charAt(c.charCodeAt(0) - 0x80));

/** Null when the bytes are not that. */
function strictly(encoding: 'utf-8' | 'utf-16le' | 'utf-16be', bytes: Buffer): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

const startsWith = (bytes: Buffer, ...start: number[]): boolean => start.every((b, i) => bytes[i] === b);

const refused = (problem: string): TableText => ({ ok: false, problem: `${problem} ${saveAsUtf8}` });

/** The most bytes that so many characters have, in UTF-8 or UTF-16. */
export const bytesFor = (letters: number): number => 3 * letters;

/** UTF-8, or UTF-16 when it says so ("Unicode text" of Excel), else windows-1252; what is none of them is refused. */
export function tableText(bytes: Buffer, lettersMost: number): TableText {
  const tooMuch = `The table has more than ${wholeNumber(lettersMost)} characters. Make several of it.`;
  if (bytes.length > bytesFor(lettersMost)) return { ok: false, problem: tooMuch };
  const workbook = startsWith(bytes, 0x50, 0x4b, 3, 4) || startsWith(bytes, 0xd0, 0xcf, 0x11, 0xe0);
  if (workbook) return refused('This is a workbook, and not yet a CSV file: save its table as one.');
  const told = startsWith(bytes, 0xff, 0xfe) ? 'utf-16le' : startsWith(bytes, 0xfe, 0xff) ? 'utf-16be' : 'utf-8';
  const sure = strictly(told, bytes);
  const text = sure ?? windows1252(bytes);
  if (text.includes('\0') || (sure === null && (told !== 'utf-8' || /[\x80-\x9f]/.test(text))))
    return refused('The letters of this file can’t be read: save the table as UTF-8.');
  if (text.length > lettersMost) return { ok: false, problem: tooMuch };
  return { ok: true, text, guessed: sure === null };
}
