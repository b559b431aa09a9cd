/** What is wrong with a name that a person wrote, for beside its field. */
import { lengthOf, limits } from '../../domain/limits.ts';
import { nameTrouble } from '../../domain/naming.ts';

/** As a sentence; undefined when the name is fine. `what`: "your name". */
export function nameProblem(text: string, what: string): string | undefined {
  const name = text.trim();
  if (name === '') return `Write ${what}.`;
  if (lengthOf(name) > limits.name) return `That is longer than ${limits.name} characters.`;
  const trouble = nameTrouble(name);
  return trouble === null ? undefined : `That ${trouble}.`;
}
