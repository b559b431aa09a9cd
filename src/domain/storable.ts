/** JavaScript's strings hold more than a database's text does. */

/** Is every string in it text that any store takes: no NUL, no half of a surrogate pair? Nothing of it is ever stored otherwise. */
export function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\0') && !/\p{Cs}/u.test(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, inner]) => isStorable(key) && isStorable(inner));
}
