import { describe, expect, it } from 'vitest';
import { adam, invitee, jane, mia, olivia } from '../../test/support/people.ts';
import { assign, comment, complete, Stage } from '../../test/support/stage.ts';
import { type Actor, system } from './actor.ts';
import { holdMs } from './comment-mail.ts';
import type { MailOrder } from './flow.ts';
import { nextMoment } from './reminders.ts';

const tick = { type: 'tick' } as const;
const shared = (key: string, text: string) => ({ ...comment(key, text), audience: 'client' as const });

/** A running flow whose `a` lies with Mia and whose `c` lies with the client. */
function stage(): Stage {
  const s = Stage.started({ key: 'a' }, { key: 'c', assignee: { kind: 'client' } });
  s.does(olivia, { type: 'invite', people: [invitee(jane)] });
  s.does(olivia, assign('a', mia));
  return s;
}
/** What is mailed when the comments were held long enough, as "kind to whom: comments". */
function released(s: Stage): string[] {
  const next = nextMoment(s.flow);
  if (next === null) return [];
  s.now = Math.max(s.now, next);
  const line = (m: MailOrder): string =>
    `${m.kind} to ${m.to.name} from ${m.from}: ${m.tasks.map((t) => `${t.title} ${t.comments?.map((c) => `${c.by} "${c.text}"`).join(' ')}`).join(', ')}`;
  return s.mails(system, tick).map(line);
}

describe('a comment', () => {
  it('is mailed to whom the task lies with, after ten minutes, once', () => {
    const s = stage();
    expect(s.mails(olivia, comment('a', 'Any news?'))).toEqual([]);
    expect(nextMoment(s.flow)).toBe(s.now + holdMs);
    expect(released(s)).toEqual(['comment to Mia from Olivia: a Olivia "Any news?"']);
    expect(nextMoment(s.flow)).toBeNull();
  });

  it('is one mail with those that follow it soon, however many they are', () => {
    const s = stage();
    for (let n = 1; n <= 40; n++) {
      s.now += 10_000;
      s.does(n % 2 ? olivia : adam, comment('a', `No. ${n}`));
    }
    expect(released(s)).toEqual([
      'comment to Mia from Adam: a Olivia "No. 37" Adam "No. 38" Olivia "No. 39" Adam "No. 40"'.replace(
        'a Olivia',
        'a Adam "No. 36" Olivia',
      ),
    ]);
  });

  it('of one’s own is mailed to nobody, nor is what one has answered', () => {
    const s = stage();
    s.does(mia, comment('a', 'Half done'));
    expect(released(s)).toEqual([]);
    s.does(olivia, comment('a', 'When is the rest?'));
    s.does(mia, comment('a', 'Tomorrow'));
    expect(released(s)).toEqual([]);
    s.does(olivia, comment('a', 'Today would be better'));
    s.does(mia, complete('a'));
    expect(released(s)).toEqual([]);
  });

  it('reaches a client only when it is meant for clients', () => {
    const s = stage();
    s.does(olivia, comment('c', 'Between us: they are slow'));
    expect(released(s)).toEqual([]);
    s.does(olivia, shared('c', 'Can we help?'));
    expect(released(s)).toEqual(['comment to Jane Alder from Olivia: c Olivia "Can we help?"']);
  });

  it('of a client reaches whoever started the flow, so that no question is lost', () => {
    const s = stage();
    s.does(jane, comment('c', 'Which account?'));
    expect(released(s)).toEqual(['comment to Olivia from Jane Alder: c Jane Alder "Which account?"']);
  });

  it('is mailed in a pause too, and not before the start', () => {
    const s = stage();
    s.does(olivia, { type: 'pause' });
    s.does(olivia, shared('c', 'We are back on Monday'));
    expect(released(s)).toHaveLength(1);
    const before = new Stage({ key: 'a' });
    before.does(olivia, assign('a', mia));
    before.does(olivia, comment('a', 'For later'));
    expect(nextMoment(before.flow)).toBeNull();
  });

  it('is told with the end, to whoever started the flow, when the flow ends before', () => {
    const s = stage();
    s.completes(mia, 'a');
    const mails = s.mails(jane, complete('c', null, 'Thank you all'));
    expect(mails.map((m) => [m.kind, m.to.name, m.tasks.map((t) => t.comments)])).toEqual([
      ['flow_completed', 'Olivia', [[{ by: 'Jane Alder', text: 'Thank you all' }]]],
    ]);
    expect(s.flow.heldComments).toEqual([]);
  });

  it('is held on while an earlier mail of comments still waits, or the mail server is away', () => {
    const s = stage();
    s.does(olivia, comment('a', 'One'));
    expect(released(s)).toHaveLength(1);
    s.does(olivia, comment('a', 'Two'));
    expect(released(s)).toEqual([]);
    expect(nextMoment(s.flow)).toBe(s.now + holdMs);
    s.flow = { ...s.flow, outbox: [] };
    expect(released(s)).toEqual(['comment to Mia from Olivia: a Olivia "Two"']);
  });

  it('that is long is cut in the mail', () => {
    const s = stage();
    s.does(olivia, comment('a', '🙂'.repeat(1_000)));
    expect(released(s)[0]).toMatch(/"(🙂)+…"$/u);
  });
});

describe('a reminder by hand', () => {
  const remind = { type: 'remind', taskId: 'tk_c' } as const;

  it('is mailed at once to whom the task lies with, from the member who sends it', () => {
    const s = stage();
    expect(s.mails(adam, remind)).toMatchObject([
      {
        kind: 'reminder',
        to: { name: 'Jane Alder', email: 'jane@client.test' },
        from: 'Adam',
        tasks: [{ title: 'c' }],
      },
    ]);
    expect(s.told.at(-1)).toBe('Adam reminded Jane Alder of "c"');
  });

  it('can be sent again after an hour, and at once to whom the task goes then', () => {
    const s = stage();
    s.does(adam, remind);
    s.now += 20 * 60_000;
    expect(s.refusal(olivia, remind).message).toBe(
      'Jane Alder was reminded of "c" within the last hour. Try again in 40 minutes. Nothing changed.',
    );
    s.does(olivia, assign('c', mia));
    s.does(olivia, remind);
    s.now += 3_600_000;
    expect(s.mails(olivia, remind)).toHaveLength(1);
  });

  it('needs somebody to remind of something that can be done', () => {
    const s = Stage.started({ key: 'a' }, { key: 'b', dependsOn: ['a'] });
    const of = (key: string, who: Actor = olivia) => s.refusal(who, { type: 'remind', taskId: `tk_${key}` });
    expect(of('a').message).toBe('"a" lies with nobody. Assign it to somebody first. Nothing changed.');
    expect(of('b').code).toBe('task_not_ready');
    s.does(olivia, assign('a', olivia));
    expect(of('a').message).toBe('"a" lies with you, so there is nobody to remind. Nothing changed.');
    expect(of('a', mia).code).toBe('not_allowed');
    s.does(olivia, { type: 'pause' });
    expect(of('a').message).toBe(
      'Acme Corp is paused, so nobody is reminded of its tasks. Resume it first. Nothing changed.',
    );
  });
});
