/** Text that people wrote, made fit for a line of a mail: a subject, a header, a list. */

/** Letters that are joined or parted by a sign of their own, and emoji. Those of the West never are. */
const joined = String.raw`(?![\p{sc=Latin}\p{sc=Greek}\p{sc=Cyrillic}\p{sc=Han}])[\p{L}\p{M}]|[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]`;

/**
 * What is not seen: it turns the direction of what follows, or hides, and could make a line read as another to a person, or
 * tell a model what no person reads. Signs of Arabic that are seen, joiners where they join, and what makes an emoji of the
 * one before it are none.
 */
const unseen = new RegExp(
  String.raw`(?<=${joined})[\u200c\u200d](?=${joined})|(?<=\p{Emoji})\ufe0f|[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2]|([\p{Cf}\p{Default_Ignorable_Code_Point}])`,
  'gu',
);

export const withoutUnseen = (text: string): string =>
  text.replace(unseen, (found: string, hidden?: string) => (hidden === undefined ? found : ''));

/** On one line: no break of any alphabet, no control character, no character that turns the direction. */
export const plainLine = (text: string): string =>
  withoutUnseen(text)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();

/** As `plainLine`, with its line feeds kept, at most one empty line between two. */
export const plainText = (text: string): string =>
  text
    .replace(/\r\n?|\u2028|\u2029/g, '\n')
    .split('\n')
    .map(plainLine)
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();

const letters = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** As a reader counts them: a joined emoji, a flag or a letter with its accent is one. Of the beginning only, where it is long. */
export const lettersOf = (text: string): string[] =>
  Array.from(letters.segment(text.slice(0, 400)), ({ segment }) => segment);

/** What stands for something where there is room for one letter; empty for an empty text. */
export const firstLetter = (text: string): string => lettersOf(text)[0] ?? '';

/** At most so many letters as a reader counts them, and a sign that there were more. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const all: string[] = [];
  // A letter may be built of any number of marks; what is cut off here is no longer looked at.
  for (const { segment } of letters.segment(text.slice(0, most * 20))) {
    if (all.push(segment.slice(0, 40)) > most)
      return `${all
        .slice(0, most - 1)
        .join('')
        .trimEnd()}…`;
  }
  return all.join('');
}

/** What one is called by: the first of someone's names, and of an emoji beside them nothing. */
export function firstName(name: string): string {
  const words = plainLine(name).split(' ');
  return shortened(words.find((word) => /\p{L}/u.test(word)) ?? words[0] ?? '', 40);
}
