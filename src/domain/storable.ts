/** JavaScript's strings hold more than a database's text does. */

/** Is every string in it text that any store takes: no NUL, no half of a surrogate pair? Nothing of it is ever stored otherwise. */
export function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\0') && !/\p{Cs}/u.test(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, inner]) => isStorable(key) && isStorable(inner));
}

/** A stranger's text as one line of letters that can be read, of at most so many; any store takes it. */
export const readableLine = (text: string, most: number): string =>
  text
    .replace(/[\s\p{C}\ufffd]+/gu, ' ')
    .trim()
    .slice(0, most)
    // Half of a pair that was cut in two.
    .replace(/\p{Cs}$/u, '');
