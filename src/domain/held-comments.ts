/** Comments that wait to be mailed, as a mail tells them. */
import type { Comment, Flow, HeldComments, MailTask } from './flow.ts';

/** A mail tells so many of the last comments, and so many letters of each; the rest is behind its link. */
const told = { comments: 5, letters: 300 };

export const heldFor = (flow: Flow, who: { readonly kind: string; readonly id: string }): HeldComments | undefined =>
  flow.heldComments?.find((h) => h.to.kind === who.kind && h.to.id === who.id);

/** What is held for this member, for a mail that tells them of the end anyhow. */
export function lastComments(flow: Flow, who: { readonly kind: string; readonly id: string }): MailTask[] {
  const held = heldFor(flow, who);
  return held ? heldTasks(flow, held).tasks : [];
}

export function heldTasks(flow: Flow, held: HeldComments): { tasks: MailTask[]; last: Comment | undefined } {
  const ids = new Set(held.comments.map((c) => c.commentId));
  const found = flow.tasks.flatMap((task) => task.comments.flatMap((c) => (ids.has(c.id) ? [{ task, c }] : [])));
  const shown = found.toSorted((a, b) => a.c.version - b.c.version).slice(-told.comments);
  const tasks = [...new Set(shown.map(({ task }) => task))].map((task) => ({
    ...{ id: task.id, title: task.title, type: task.type, dueAt: task.dueAt, reason: null },
    comments: shown.filter((s) => s.task === task).map(({ c }) => ({ by: c.by.name, text: cut(c.text, told.letters) })),
  }));
  return { tasks, last: shown.at(-1)?.c };
}

export const cut = (text: string, letters: number): string =>
  text.length > letters ? `${text.slice(0, letters - 1).replace(/\p{Cs}$/u, '')}…` : text;
