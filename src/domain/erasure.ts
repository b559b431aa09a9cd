/**
 * A client's data is erased from a flow: who they are, what they wrote, sent and uploaded. What happened stays told, by
 * "Erased person". The same flow erased again is the same.
 */
import type { Actor } from './actor.ts';
import type { Comment, ExternalUser, FeedEntry, Flow, HeldComments, MailOrder, Task } from './flow.ts';

export const erasedName = 'Erased person';
/** Stands for what they wrote. */
export const erasedText = '(erased)';

/** An address of nobody, a different one for each. */
export const erasedAddress = (externalId: string): string => `${externalId.toLowerCase()}@erased.invalid`;

export const isErased = ({ id, email }: Pick<ExternalUser, 'id' | 'email'>): boolean => email === erasedAddress(id);

export interface Person {
  readonly id: string;
  readonly email: string;
  /** The one they have now first. */
  readonly names: readonly string[];
}

/** Who this client is in the flow, under every name that what they did is told by; null when the flow has no such client. */
export function personOf(flow: Flow, externalId: string): Person | null {
  const external = flow.externals.find((e) => e.id === externalId);
  if (!external) return null;
  const actors = [
    ...flow.feed.map((e) => e.by),
    ...flow.tasks.flatMap((t) => [t.doneBy, t.assignee, ...t.comments.map((c) => c.by)]),
  ];
  const names = actors.flatMap((a) => (a?.kind === 'external' && a.id === externalId ? [a.name] : []));
  const all = [...new Set([external.name, ...names])].filter((n) => n !== erasedName);
  return { id: external.id, email: external.email, names: all };
}

/** `version` is given to what changed and travels with the next projection; left out, all keep theirs. */
export function erasePerson(flow: Flow, person: Person, version?: number): Flow {
  const isTheirs = (by: { readonly kind: string; readonly id: string } | null): boolean =>
    by?.kind === 'external' && by.id === person.id;
  const named = <T extends { readonly kind: string; readonly id: string; readonly name: string }>(by: T): T =>
    isTheirs(by) ? { ...by, name: erasedName } : by;
  const isTheirName = (name: string): boolean => person.names.includes(name);
  const told = wordsOf(person, 1);
  // In what people wrote, a first name alone may be anybody's.
  const written = wordsOf(person, 2);

  const comment = (c: Comment): Comment => ({
    ...c,
    by: named<Actor>(c.by),
    text: isTheirs(c.by) ? erasedText : written(c.text),
  });
  const task = (t: Task): Task => {
    // What is to be done again keeps its answers, and not who gave them.
    const isLeft = t.doneBy === null && (t.assignee === null || isTheirs(t.assignee));
    const answered = isTheirs(t.doneBy) || isLeft;
    const next: Task = {
      ...t,
      assignee: t.assignee && named(t.assignee),
      doneBy: t.doneBy && named<Actor>(t.doneBy),
      answers: answered ? answersLeft(flow, t) : t.answers,
      comments: t.comments.map(comment),
      ...(t.sentBack && isTheirName(t.sentBack.by) ? { sentBack: { by: erasedName, text: erasedText } } : {}),
    };
    return JSON.stringify(next) === JSON.stringify(t) ? t : { ...next, version: version ?? t.version };
  };
  const mail = (m: MailOrder): MailOrder => ({
    ...m,
    from: told(m.from),
    tasks: m.tasks.map((t) => ({
      ...t,
      reason: t.reasonBy !== undefined && isTheirName(t.reasonBy) ? erasedText : t.reason,
      ...(t.reasonBy === undefined ? {} : { reasonBy: told(t.reasonBy) }),
      ...(t.with === undefined ? {} : { with: told(t.with) }),
      ...(t.comments === undefined
        ? {}
        : {
            comments: t.comments.map((c) =>
              isTheirName(c.by) ? { by: erasedName, text: erasedText } : { by: c.by, text: written(c.text) },
            ),
          }),
    })),
  });
  return {
    ...flow,
    externals: flow.externals.map((e) => (e.id === person.id ? nobody(e, version ?? e.version) : e)),
    tasks: flow.tasks.map(task),
    feed: flow.feed.map((e) => ({ ...e, ...eraseTold(person)(e) })),
    outbox: flow.outbox.filter((m) => !isTheirs(m.to)).map(mail),
    ...(flow.heldComments ? { heldComments: heldLeft(flow, flow.heldComments, isTheirs) } : {}),
  };
}

/** What happened, as the feed and webhooks tell it. */
export const eraseTold =
  (person: Person) =>
  ({ by, text }: Pick<FeedEntry, 'by' | 'text'>): Pick<FeedEntry, 'by' | 'text'> => {
    const told = wordsOf(person, 1);
    if (by.kind !== 'external' || by.id !== person.id) return { by, text: told(text) };
    return { by: { ...by, name: erasedName }, text: told(withoutReason(text)) };
  };

const nobody = (e: ExternalUser, version: number): ExternalUser => ({
  ...e,
  email: erasedAddress(e.id),
  name: erasedName,
  role: '',
  invitation: 'REVOKED',
  mailRefused: null,
  version,
});

/** The options that other tasks' conditions read stay, or the flow would take another way than it did. */
function answersLeft(flow: Flow, { key, fields, answers }: Task): Task['answers'] {
  if (answers === null) return null;
  const read = new Set(flow.tasks.flatMap((t) => (t.condition?.step === key ? [t.condition.field] : [])));
  const options = new Set(fields.flatMap((f) => (f.type === 'choice' && read.has(f.key) ? [f.key] : [])));
  return Object.fromEntries(Object.entries(answers).filter(([field]) => options.has(field)));
}

function heldLeft(
  flow: Flow,
  held: readonly HeldComments[],
  isTheirs: (by: Pick<Actor, 'kind' | 'id'>) => boolean,
): HeldComments[] {
  const comments = flow.tasks.flatMap((t) => t.comments);
  const theirs = new Set(comments.flatMap((c) => (isTheirs(c.by) ? [c.id] : [])));
  return held.flatMap((h) => {
    const left = h.comments.filter((c) => !theirs.has(c.commentId));
    return isTheirs(h.to) || left.length === 0 ? [] : [{ ...h, comments: left }];
  });
}

/** `rejected "The logo": "…"` ends before their reason. */
const withoutReason = (text: string): string => text.replace(/^(\w+ "[^"]*"): ".*"$/s, '$1');

/** Takes their address, and their names of so many words or more, out of a text. */
export function wordsOf({ email, names }: Person, leastWords: number): (text: string) => string {
  const wanted = [email, ...names.filter((n) => n.trim().split(/\s+/).length >= leastWords && n.trim().length > 1)];
  const patterns = wanted.map(
    (w) => new RegExp(`(?<![\\p{L}\\p{N}])${w.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')}(?![\\p{L}\\p{N}])`, 'giu'),
  );
  return (text) => patterns.reduce((left, pattern) => left.replace(pattern, () => erasedName), text);
}
