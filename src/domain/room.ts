/** A flow's state travels whole, so it must stay small enough to. */
import { system } from './actor.ts';
import type { Flow, MailOrder } from './flow.ts';
import { limits } from './limits.ts';
import { refuse } from './refusal.ts';
import { jsonBytes } from './size.ts';
import type { Turn } from './turn.ts';

const kilobytes = (bytes: number): string => `${Math.ceil(bytes / 1000)} kB`;

/** Refuses when what the turn added makes the flow too large. Asked only of commands that carry text. */
export function needRoom(turn: Turn): void {
  const bytes = flowBytes(turn.flow);
  if (bytes <= limits.flowBytes) return;
  refuse(
    'too_large',
    `With this ${turn.flow.name} would hold ${kilobytes(bytes)}, and ${kilobytes(limits.flowBytes)} is the most one flow can keep. Put long texts in a file and link it. Nothing changed.`,
  );
}

/**
 * Keeps the mails that wait within their bounds. The oldest digests go first: what stays overdue is in the next one. Then
 * a command that is for its mails is refused; of any other the mails go, for what people do is not to wait for a mail server.
 */
export function fitMails(turn: Turn, asksForMail: boolean): void {
  const { outbox } = turn.flow;
  let [left, bytes] = [outbox.length, listed(outbox)];
  const fits = (): boolean => left <= limits.mailsWaiting && bytes <= limits.outboxBytes;
  const dropped: MailOrder[] = [];
  const dropUntilFits = (mails: readonly MailOrder[]): void => {
    for (const mail of mails) {
      if (fits()) return;
      left--;
      bytes -= listed([mail]) + 1;
      dropped.push(mail);
    }
  };
  if (fits()) return;
  const ordered = new Set(turn.events.flatMap((e) => (e.type === 'mail_ordered' ? [e.mail.key] : [])));
  dropUntilFits(outbox.filter((m) => m.kind === 'digest'));
  if (!fits() && asksForMail && ordered.size > 0) {
    refuse(
      'too_large',
      `${outbox.length - ordered.size} mails of ${turn.flow.name} wait for the mail server, and no more can. Try again when they are sent. Nothing changed.`,
    );
  }
  dropUntilFits(outbox.filter((m) => m.kind !== 'digest' && ordered.has(m.key)).reverse());
  const [first, ...others] = dropped;
  if (!first) return;
  const why = 'more mails are waiting for the mail server than can be kept';
  const keys = others.map((m) => m.key);
  turn.emit(
    { type: 'mail_failed', key: first.key, to: first.to, why, ...(keys.length > 0 && { others: keys }) },
    system,
  );
}

/** Refuses what makes the flow more than can go from run to run, mails that wait and news that the lists lack included. */
export function needToCarry(turn: Turn, before: Flow): void {
  const bytes = heldBytes(turn.flow);
  if (bytes <= limits.heldBytes || bytes <= heldBytes(before)) return;
  refuse(
    'too_large',
    `With this ${turn.flow.name} would hold ${kilobytes(bytes)}, mails that wait and news that the lists lack included, and ${kilobytes(limits.heldBytes)} is the most. Try again when mail goes out and lists are up to date. Nothing changed.`,
  );
}

/** Is there no room left for what time brings? */
export const isFull = (flow: Flow): boolean => heldBytes(flow) > limits.heldBytes;

/** The bytes of the flow's JSON. */
export const heldBytes = (flow: Flow): number => flowBytes(flow) + listed(flow.feed) + listed(flow.outbox);

/**
 * The bytes of the flow's JSON without feed and outbox. A task or person is measured once for as long as it stays as it
 * is: writing out all of a large flow at each command was most of what a command cost, and of what a replay took.
 */
export const flowBytes = (flow: Flow): number =>
  jsonBytes({ ...flow, tasks: [], externals: [], feed: [], outbox: [] }) + listed(flow.tasks) + listed(flow.externals);

const measured = new WeakMap<object, number>();

/** The bytes of a list's JSON, with the commas between and without its brackets. */
export function listed(parts: readonly object[]): number {
  let bytes = Math.max(0, parts.length - 1);
  for (const part of parts) {
    const known = measured.get(part) ?? jsonBytes(part);
    measured.set(part, known);
    bytes += known;
  }
  return bytes;
}
