/** Small words that many answers share. */
import { dayOf, shortDate } from '../domain/dates.ts';
import { withoutUnseen } from '../platform/plain-line.ts';

/** "due today", "due Fri 27 Nov", "2 days late", in days of the time zone. */
export function dueWords(dueAt: string | null, now: number, zone: string): string {
  if (dueAt === null) return '';
  const at = Date.parse(dueAt);
  const days = dayOf(at, zone) - dayOf(now, zone);
  if (days < 0) return days === -1 ? '1 day late' : `${-days} days late`;
  if (at < now) return 'late since today';
  if (days === 0) return 'due today';
  return days === 1 ? 'due tomorrow' : `due ${shortDate(at, now, zone)}`;
}

export const onDay = (iso: string, now: number, zone: string): string => shortDate(Date.parse(iso), now, zone);

/** "1 task", "3 tasks". */
export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** Of a count that stops: "3 flows", "100 or more flows". */
export const countUpTo = (n: number, stopped: boolean, one: string, many = `${one}s`): string =>
  stopped ? `${n} or more ${many}` : count(n, one, many);

/** On one line: no break of any alphabet, no control character, nothing that is not seen, no Markdown link or code. */
const oneLine = (text: string): string =>
  withoutUnseen(text)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(/](?=[([:])/g, '] ')
    .replace(/`/g, "'")
    .trim();

/** At most so many letters, and a sign that there were more. Never half a letter. */
export const short = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1).replace(/\p{Cs}$/u, '')}…` : text;

/** Somebody's words, on one line, marked as theirs: they can't end the quotation. */
export const quote = (text: string, most = 200): string => `"${short(oneLine(text).replace(/"/g, "'"), most)}"`;

/** A name as part of a line. */
export const plain = oneLine;

/** "client Jane Alder", "Adam", "nobody yet". */
export const who = (assignee: { kind: 'member' | 'external'; name: string } | null): string =>
  assignee === null
    ? 'nobody yet'
    : assignee.kind === 'external'
      ? `client ${plain(assignee.name)}`
      : plain(assignee.name);

export const percentWords = (p: { percent: number; done: number; counting: number }): string =>
  `${p.percent}% (${p.done} of ${p.counting})`;

/** Lines joined, those that are empty or false left out. */
export const lines = (...parts: (string | false | null | undefined | string[])[]): string =>
  parts
    .flatMap((p) => (Array.isArray(p) ? p : [p]))
    .filter((p): p is string => typeof p === 'string' && p !== '')
    .join('\n');

/** Parts of one line, joined by " · ". */
export const dots = (...parts: (string | false | null | undefined)[]): string =>
  parts.filter((p): p is string => typeof p === 'string' && p !== '').join(' · ');

/** Which of the names a mistyped one is nearest to, or null when none is near. */
export function nearest(wanted: string, names: readonly string[]): string | null {
  const a = wanted.toLowerCase();
  // Of an address what stands before the @: what many have in common makes nobody near.
  const own = a.replace(/@.*$/, '').length;
  let best: { name: string; distance: number } | null = null;
  for (const name of names) {
    const distance = editDistance(a, name.toLowerCase());
    // Of a short word so few letters are the whole of it.
    const near = Math.min(Math.max(2, Math.floor(own / 4)), Math.floor(own / 3));
    if (distance <= near && (best === null || distance < best.distance)) best = { name, distance };
  }
  return best?.name ?? null;
}

/** Insertions, deletions, replacements and swapped neighbours between two words. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

const doorWords = new Map([
  ['mcp', ', through Claude'],
  ['api', ', through the API'],
  ['portal', ', in the portal'],
  ['cli', ', on the command line'],
]);

/** "Olivia, through Claude": who did it, and by which door. */
export const byWhom = (name: string, through: string): string => plain(name) + (doorWords.get(through) ?? '');
