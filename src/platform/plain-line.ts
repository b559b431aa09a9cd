/** Text that people wrote, made fit for a line of a mail: a subject, a header, a list. */

/** Characters that turn the direction of what follows, or hide: they could make a line read as another. */
const tricks = /[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

/** On one line: no break of any alphabet, no control character, no character that turns the direction. */
export const plainLine = (text: string): string =>
  text
    .replace(tricks, '')
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
