/** Levels of lists and objects a request may have: more than any input, less than what exhausts a stack. */
export const deepest = 64;

export function isShallow(body: unknown): boolean {
  let level = [body];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) return false;
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []));
  }
  return true;
}
