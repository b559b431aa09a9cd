/** What is wrong with a name that a person wrote, for beside its field. */
import { lengthOf, limits } from '../../domain/limits.ts';
import { oneLineName } from '../../operations/org-settings.ts';

/** As a sentence; undefined when the name is fine. `what`: "your name". */
export function nameProblem(text: string, what: string): string | undefined {
  if (oneLineName.safeParse(text).success) return undefined;
  if (text.trim() === '') return `Write ${what}.`;
  return lengthOf(text) > limits.name
    ? `That is longer than ${limits.name} characters.`
    : 'That has line breaks or characters that can’t be shown.';
}
