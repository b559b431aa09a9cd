/** What the mails of a flow say: the subject is the thing. To clients warm, brief, by name, from the agency. */
import type { Branding } from '../db/branding.ts';
import { brandShades } from '../domain/brand.ts';
import type { MailKind, MailOrder, MailTask } from '../domain/flow.ts';
import {
  booflowHead,
  greeting,
  type Letter,
  type Letterhead,
  letter,
  type Point,
  type WrittenLetter,
} from '../platform/letter.ts';
import { plainLine, shortened } from '../platform/plain-line.ts';

export interface MailFacts {
  readonly mail: MailOrder;
  readonly flowName: string;
  /** `logo` as an address that mail programs can fetch. */
  readonly org: Branding;
  /** An IANA time zone, in which due dates are days. */
  readonly timeZone: string;
  /** Where the button leads; null when nothing is left to open. */
  readonly link: string | null;
  /** Where this person's reminders are switched off; only in reminders. */
  readonly unsubscribe: string | null;
  readonly now: number;
}

export interface MailText extends WrittenLetter {
  readonly subject: string;
}

export function writeMail(facts: MailFacts): MailText {
  const { mail, org, link, unsubscribe } = facts;
  const { subject, ...words } = wordsOf(facts);
  return {
    subject,
    ...letter({
      head: headOf(org),
      hello: greeting(mail.to.name),
      points: [...mail.tasks.map((t) => pointOf(t, facts)), ...(mail.more ? [`and ${mail.more} more`] : [])],
      link,
      signature: mail.to.kind === 'external' || mail.kind === 'reminder' ? [mail.from, org.name] : [org.name],
      why: whyOf(mail, org),
      unsubscribe:
        unsubscribe === null ? null : { text: `No more reminders from ${name(org.name)}`, link: unsubscribe },
      ...words,
    }),
  };
}

/** An org that chose no colour has Booflow's. */
export const headOf = ({ name, colour, logo }: Branding): Letterhead => ({
  ...(colour === null ? booflowHead : brandShades(colour)),
  ...{ name, logo },
});

const name = (text: string): string => shortened(plainLine(text), 60);
const titled = (text: string): string => shortened(plainLine(text), 100);

type Words = Pick<Letter, 'title' | 'opening' | 'button'> & { readonly subject: string };

function wordsOf({ mail, flowName, org, timeZone, now }: MailFacts): Words {
  const client = mail.to.kind === 'external';
  const [flow, agency, from] = [name(flowName), name(org.name), name(mail.from)];
  const first = mail.tasks[0];
  const all = mail.tasks.length + (mail.more ?? 0);
  const one = all === 1 && first ? titled(first.title) : null;
  const only = one === null ? null : (first?.type ?? null);
  const many = `${all} things`;
  const of = client ? `for ${agency}` : `on ${flow}`;
  const here = one === null ? ':' : '.';
  const doIt = only === 'APPROVAL' ? 'Decide' : only === 'FORM' ? 'Fill it in' : only ? 'Open it' : 'See them all';
  switch (mail.kind) {
    case 'invitation': {
      const invites = `${from} of ${agency} invites you to ${flow}${mail.role === '' ? '' : ` as ${name(mail.role)}`}.`;
      const waiting = one === null ? `${many} are waiting for you:` : 'This is waiting for you.';
      return {
        subject: one === null ? `${agency} invites you to ${flow}` : `${one} ${of}`,
        title: one ?? flow,
        opening:
          mail.tasks.length > 0
            ? `${invites} ${waiting}`
            : `${invites} Nothing is to be done yet; you will hear from us when it is.`,
        button: mail.tasks.length > 0 ? 'See what is to be done' : 'Have a look',
      };
    }
    case 'task_ready': {
      if (mail.tasks.some((t) => t.reason !== null)) {
        return {
          subject: `Changes requested: ${one ?? many} ${of}`,
          title: one ?? 'Changes are requested',
          opening: `${name(mail.tasks.find((t) => t.reasonBy)?.reasonBy ?? mail.from)} has looked at ${client ? 'what you sent' : `the work on ${flow}`} and asks for changes${here}`,
          button: 'See what to change',
        };
      }
      if (only === 'APPROVAL') {
        return {
          subject: `Your approval is wanted: ${one} ${of}`,
          title: one ?? flow,
          opening: client
            ? `${agency} would like your decision on ${flow}. Approve it, or say what should change.`
            : `${flow} waits for your decision. Approve it, or say what should change.`,
          button: doIt,
        };
      }
      return {
        subject: one === null ? `${many} are ready ${of}` : `${one} ${of}`,
        title: one ?? `${many} are ready for you`,
        opening: client ? `We are at your part of ${flow}${here}` : `On ${flow}, it is your turn${here}`,
        button: doIt,
      };
    }
    case 'due':
    case 'digest': {
      const digest = mail.kind === 'digest';
      const still = digest ? 'Still open' : 'Overdue';
      const was = first?.dueAt ? `was due on ${dayIn(timeZone, first.dueAt, now)}` : 'was due';
      return {
        subject: `${still}: ${one ?? many} ${of}`,
        title: one ?? `${many} ${digest ? 'are still open' : 'are overdue'}`,
        opening: client
          ? `A gentle reminder: ${one ? `this ${digest ? 'is still open' : was}` : `these ${digest ? 'are still open' : 'were due'}`}, and ${flow} waits for ${one ? 'it' : 'them'}.`
          : `On ${flow}, ${one === null ? 'these are overdue:' : 'the due date has passed.'}`,
        button: doIt,
      };
    }
    case 'reminder':
      return {
        subject: `A reminder: ${one ?? many} ${of}`,
        title: one ?? many,
        opening: `${from}${client ? ` of ${agency}` : ''} asks you to look at this, since ${flow} waits for it.`,
        button: doIt,
      };
    case 'comment': {
      const said = mail.tasks.flatMap((t) => t.comments ?? []);
      const by = [...new Set(said.map((c) => name(c.by)))];
      const who = by.length === 1 ? (by[0] ?? from) : `${by.length} people`;
      return {
        subject: one === null ? `${who} wrote to you on ${flow}` : `${who} commented on ${one}`,
        title: one ?? `${said.length} comments for you`,
        opening: `${who}${client && by.length === 1 ? ` of ${agency}` : ''} wrote on ${flow}${here}`,
        button: 'Read and answer',
      };
    }
    case 'flow_completed':
      return {
        subject: `${flow} is completed`,
        title: `${flow} is completed`,
        opening: client
          ? 'Everything is done, and nothing more is asked of you. Thank you for your part in it.'
          : `Every task of ${flow} is done.${mail.tasks.length > 0 ? ' This was said last:' : ''}`,
        button: client ? null : 'Look back',
      };
  }
}

function pointOf(t: MailTask, { mail, timeZone, now }: MailFacts): Point {
  const due = t.dueAt === null ? null : { text: dueWords(t.dueAt, timeZone, now), late: t.dueAt < now };
  const type = t.type === 'APPROVAL' ? 'approval' : t.type === 'FORM' ? 'form' : null;
  const told: readonly MailKind[] = ['comment', 'flow_completed'];
  const note = told.includes(mail.kind)
    ? null
    : [type, t.with && `with ${plainLine(t.with)}`, due?.text].filter((w) => typeof w === 'string').join(', ');
  return {
    title: t.title,
    ...(note !== null && { note, late: due?.late ?? false }),
    quotes: [
      ...(t.reason === null ? [] : [{ by: t.reasonBy ?? mail.from, text: t.reason }]),
      ...(t.comments ?? []).map((c) => ({ by: c.by, text: c.text })),
    ],
  };
}

function whyOf(mail: MailOrder, org: Branding): string {
  const agency = name(org.name);
  if (mail.to.kind === 'member') {
    if (mail.kind === 'flow_completed') return `You get this mail because you started this flow in ${agency}.`;
    if (mail.kind === 'comment') return `You get this mail because it concerns your work in ${agency}.`;
    return `You get this mail because ${mail.tasks.some((t) => t.with) ? 'you made this flow' : 'this lies with you'} in ${agency}.`;
  }
  const as = mail.role === '' ? '' : ` as ${name(mail.role)}`;
  const why = `You get this mail because ${agency} invited you${as}.`;
  if (mail.kind === 'flow_completed') return why;
  return `${why} The link is yours alone: please don't forward it. Answers to this mail reach nobody; write a comment behind the link instead.`;
}

const dayMs = 86_400_000;

/** "Fri 27 Nov", as the calendar stands in this time zone; with the year when it is not the present one. */
function dayIn(timeZone: string, moment: number, now: number): string {
  const part = (at: number, options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat('en-GB', { timeZone, ...options }).format(at);
  const year = part(moment, { year: 'numeric' });
  const day = [
    part(moment, { weekday: 'short' }),
    part(moment, { day: 'numeric' }),
    part(moment, { month: 'short' }).slice(0, 3),
  ];
  return [...day, ...(year === part(now, { year: 'numeric' }) ? [] : [year])].join(' ');
}

/** The days of the calendar from one moment to another, in this time zone. */
function daysBetween(timeZone: string, from: number, to: number): number {
  const format = new Intl.DateTimeFormat('en', { timeZone, year: 'numeric', month: 'numeric', day: 'numeric' });
  const dayOf = (moment: number): number => {
    const parts = new Map(format.formatToParts(moment).map((p) => [p.type, Number(p.value)]));
    return Date.UTC(parts.get('year') ?? 0, (parts.get('month') ?? 1) - 1, parts.get('day') ?? 1);
  };
  return Math.round((dayOf(to) - dayOf(from)) / dayMs);
}

const dueWords = (dueAt: number, timeZone: string, now: number): string =>
  `due ${dayIn(timeZone, dueAt, now)}${dueAt < now ? `, ${lateBy(dueAt, timeZone, now)}` : ''}`;

function lateBy(dueAt: number, timeZone: string, now: number): string {
  const days = daysBetween(timeZone, dueAt, now);
  return days <= 0 ? 'late since today' : days === 1 ? '1 day late' : `${days} days late`;
}
