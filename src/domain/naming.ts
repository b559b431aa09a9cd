/** What people call things, and what they write: the one rule of which characters may stand in it. */
import { z } from 'zod';

/**
 * What is on no single line, does something unseen, or turns the text around it: breaks of any alphabet, control
 * characters, marks of direction. Joiners may stand: emoji, Persian and the scripts of India are written with them.
 */
const unfit = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

/** Blanks, joiners and fillers of all kinds, the empty cell of Braille, and accents with no letter below them. */
const unseen = /^[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{M}\u2800]*$/u;

/** Can a person see that something is written there? */
export const isSeen = (text: string): boolean => !unseen.test(text);

const notSeen = 'has nothing in it that can be seen';
const notOneLine = 'has line breaks, control characters, or characters that turn the text around them';

/** Why this can't be what something is called, to read on after what it is; null when it can, or is empty. */
export function nameTrouble(text: string): string | null {
  if (unfit.test(text)) return notOneLine;
  return text === '' || isSeen(text) ? null : notSeen;
}

/** Can it be what something is called, as far as its characters go? */
export const isName = (text: string): boolean => text.trim() !== '' && nameTrouble(text.trim()) === null;

/** As a name is kept and looked for. A letter and its accent may be one character or two, look the same, and would be two names. */
export const composed = (text: string): string => text.trim().normalize('NFC');

/** One line that may be left empty: a role, what something is for. */
export const lineOf = (most: number) =>
  z
    .string()
    .overwrite(composed)
    .max(most)
    .refine((text) => !unfit.test(text), notOneLine)
    .refine((text) => text === '' || unfit.test(text) || isSeen(text), notSeen);

/** What a person calls something. Only for what comes in: what is called otherwise since long must stay readable. */
export const nameOf = (most: number) => lineOf(most).min(1, 'is empty');

/** What a person writes, on as many lines as they like: a comment, a reason. */
export const textOf = (most: number) =>
  z
    .string()
    .trim()
    .max(most)
    .refine((text) => text === '' || isSeen(text), notSeen);
