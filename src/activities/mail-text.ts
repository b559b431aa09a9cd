/** What mails say: the subject is the thing, one button, the plain link below, who it is from and why. */
import { shortDate } from '../domain/dates.ts';
import type { MailOrder, MailTask } from '../domain/flow.ts';
import { letter, type WrittenLetter } from '../platform/letter.ts';

export interface MailFacts {
  readonly mail: MailOrder;
  readonly flowName: string;
  readonly orgName: string;
  /** Where the button leads. */
  readonly link: string;
  readonly now: number;
}

export interface MailText extends WrittenLetter {
  readonly subject: string;
}

/** Line breaks in names must not become lines of a header. */
const oneLine = (s: string): string => s.replace(/\s+/g, ' ').trim();

export function writeMail(facts: MailFacts): MailText {
  const { mail, orgName, link } = facts;
  const { subject, opening, button } = words(facts);
  const tasks = mail.tasks.map((t) => taskLine(t, facts.now));
  const why =
    mail.to.kind === 'external'
      ? `You get this mail because ${mail.from} of ${orgName} invited you${mail.role === '' ? '' : ` as ${mail.role}`}. The link is yours alone: please don't forward it.`
      : `You get this mail because you are a member of ${orgName}.`;
  const first = mail.to.name.split(' ')[0] ?? mail.to.name;
  return {
    subject: oneLine(subject),
    ...letter({ hello: `Hello ${first},`, opening, points: tasks, button, link, signature: [mail.from, orgName], why }),
  };
}

function words({ mail, flowName, orgName }: MailFacts): { subject: string; opening: string; button: string } {
  const first = mail.tasks[0];
  const one = mail.tasks.length === 1 && first ? first : null;
  const things = `${mail.tasks.length} things`;
  const from = mail.to.kind === 'external' ? ` for ${orgName}` : ` on ${flowName}`;
  switch (mail.kind) {
    case 'invitation':
      return {
        subject: one ? `${one.title} for ${orgName}` : `${orgName} invites you to ${flowName}`,
        opening: `${mail.from} of ${orgName} invites you to ${flowName}.${mail.tasks.length > 0 ? ' This is waiting for you:' : ' Nothing is to be done yet; you will hear from us when it is.'}`,
        button: mail.tasks.length > 0 ? 'See what is to be done' : 'Have a look',
      };
    case 'task_ready': {
      const again = mail.tasks.some((t) => t.reason !== null);
      return {
        subject: one
          ? `${one.type === 'APPROVAL' ? 'Your approval is wanted: ' : ''}${one.title}${from}`
          : `${things} are ready${from}`,
        opening: again ? `On ${flowName}, something came back to you:` : `On ${flowName}, it is your turn:`,
        button: one?.type === 'APPROVAL' ? 'Decide' : one ? 'Do it now' : 'See them',
      };
    }
    case 'due':
      return {
        subject: one ? `Overdue: ${one.title}${from}` : `${things} are overdue${from}`,
        opening: `On ${flowName}, the due date has passed:`,
        button: one ? 'Do it now' : 'See them',
      };
    case 'digest':
      return {
        subject: one ? `Still overdue: ${one.title}${from}` : `${things} are still overdue${from}`,
        opening: `On ${flowName}, this is still open:`,
        button: 'See what is open',
      };
    case 'flow_completed':
      return {
        subject: `${flowName} is completed`,
        opening: `Every task of ${flowName} is done.`,
        button: 'Look back',
      };
  }
}

function taskLine(t: MailTask, now: number): string {
  const due = t.dueAt === null ? '' : `, due ${shortDate(t.dueAt, now)}`;
  return `${oneLine(t.title)}${due}${t.reason === null ? '' : `. It came back: "${t.reason}"`}`;
}
