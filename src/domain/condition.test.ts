import { describe, expect, it } from 'vitest';
import { invitee, jane, mia, olivia } from '../../test/support/people.ts';
import { assign, complete, reject, reopen, Stage, skip } from '../../test/support/stage.ts';
import { conditionWords, whyNotNeeded } from './condition.ts';
import { explain } from './explain.ts';

const form = {
  key: 'about',
  title: 'About you',
  type: 'FORM',
  fields: [
    { key: 'package', label: 'Package', type: 'choice', options: ['Basic', 'Full'], required: false },
    { key: 'town', label: 'Town', type: 'text', required: false },
  ],
};
const only = (field: string, ...values: string[]) => ({ condition: { step: 'about', field, op: 'is', values } });
const unless = (field: string, ...values: string[]) => ({ condition: { step: 'about', field, op: 'is_not', values } });
const answers = (given: Record<string, string>) => complete('about', given);

describe('a condition', () => {
  it.each<[string, object, Record<string, string>, boolean]>([
    ['an option that is wanted', only('package', 'Full'), { package: 'Full' }, true],
    ['one of several', only('package', 'Basic', 'Full'), { package: 'Basic' }, true],
    ['another option', only('package', 'Full'), { package: 'Basic' }, false],
    ['no answer', only('package', 'Full'), { town: 'Basel' }, false],
    ['a text in other letter case', only('town', 'new york'), { town: ' New York ' }, true],
    ['another text', only('town', 'Bern'), { town: 'Berne' }, false],
    ['an option that is not wanted', unless('package', 'Basic'), { package: 'Basic' }, false],
    ['an option that is not unwanted', unless('package', 'Basic'), { package: 'Full' }, true],
    ['no answer, when only one is unwanted', unless('package', 'Basic'), {}, true],
  ])('is decided by %s', (_, condition, given, needed) => {
    const s = Stage.started(form, { key: 'a', dependsOn: ['about'], ...condition }, { key: 'z' });
    s.does(olivia, answers(given));
    expect(s.task('a').status).toBe(needed ? 'READY' : 'SKIPPED');
  });

  it('that is not met skips its task and those behind it go on; the feed says why, and nobody is mailed', () => {
    const s = Stage.started(
      form,
      { key: 'a', title: 'Plan the launch', dependsOn: ['about'], ...only('package', 'Full') },
      { key: 'b', dependsOn: ['a'], ...only('town', 'Bern') },
      { key: 'c', dependsOn: ['b'] },
    );
    s.does(olivia, assign('a', mia));
    expect(s.mails(olivia, answers({ package: 'Basic', town: 'Basel "old" town' }))).toEqual([]);
    expect(s.statuses).toBe('about COMPLETED, a SKIPPED, b SKIPPED, c READY');
    expect(s.told.slice(-2)).toEqual([
      `Booflow skipped "Plan the launch", which isn't needed: "Package" in "About you" is "Basic"`,
      `Booflow skipped "b", which isn't needed: "Town" in "About you" is "Basel 'old' town"`,
    ]);
    expect(s.task('a')).toMatchObject({ skippedBy: 'condition', doneBy: { kind: 'system' } });
  });

  it('that nothing meets lets the flow end, at 100%', () => {
    const s = Stage.started(form, { key: 'a', dependsOn: ['about'], ...only('package', 'Full') });
    s.does(olivia, answers({ package: 'Basic' }));
    expect(s.flow.status).toBe('COMPLETED');
    const all = Stage.started(form, { key: 'a', dependsOn: ['about'], ...only('package', 'Full') });
    all.does(olivia, skip('about'));
    expect(all.flow.status).toBe('COMPLETED');
    expect(all.told).toContain(`Booflow skipped "a", which isn't needed: "About you" was skipped`);
  });

  it('is asked again when the form is answered otherwise', () => {
    const s = Stage.started(
      form,
      { key: 'a', dependsOn: ['about'], ...only('package', 'Full') },
      { key: 'b', dependsOn: ['a'] },
      { key: 'z' },
    );
    s.does(olivia, answers({ package: 'Basic' }));
    s.completes(olivia, 'b');
    s.does(olivia, reopen('about'));
    expect(s.statuses).toBe('about READY, a BLOCKED, b BLOCKED, z READY');
    expect(s.task('a')).toMatchObject({ skippedBy: null, doneAt: null, doneBy: null });
    s.does(olivia, answers({ package: 'Full' }));
    expect(s.statuses).toBe('about COMPLETED, a READY, b BLOCKED, z READY');
    s.completes(olivia, 'a');
    s.does(olivia, reopen('about'));
    s.does(olivia, answers({ package: 'Basic' }));
    expect(s.statuses).toBe('about COMPLETED, a SKIPPED, b READY, z READY');
  });

  it('holds through a rejection: what was not needed sends the work back to what came before it', () => {
    const s = Stage.started(
      form,
      { key: 'draft', dependsOn: ['about'] },
      { key: 'legal', dependsOn: ['draft'], ...only('package', 'Full') },
      { key: 'ok', type: 'APPROVAL', dependsOn: ['legal'] },
    );
    s.does(olivia, answers({ package: 'Basic' }));
    s.completes(olivia, 'draft');
    expect(s.statuses).toBe('about COMPLETED, draft COMPLETED, legal SKIPPED, ok READY');
    s.does(olivia, reject('ok', 'Too long.'));
    expect(s.statuses).toBe('about COMPLETED, draft READY, legal BLOCKED, ok REJECTED');
    s.completes(olivia, 'draft');
    expect(s.statuses).toBe('about COMPLETED, draft COMPLETED, legal SKIPPED, ok READY');
  });

  it('waits for its form even when what lies between was skipped by hand', () => {
    const s = Stage.started(
      form,
      { key: 'a', dependsOn: ['about'] },
      { key: 'b', dependsOn: ['a'], ...only('town', 'Bern') },
    );
    s.does(olivia, skip('a'));
    expect(s.task('b').status).toBe('BLOCKED');
    expect(s.refusal(olivia, complete('b'))).toMatchObject({ code: 'task_not_ready', blockedBy: ['tk_about'] });
    expect(explain(s.flow)).toMatchObject([{ task: { key: 'about' }, behind: 1 }]);
    s.does(olivia, answers({ town: 'Bern' }));
    expect(s.task('b').status).toBe('READY');
  });

  it('is set aside when an owner reopens the task: it is needed then, whatever is answered', () => {
    const s = Stage.started(form, { key: 'a', dependsOn: ['about'], ...only('package', 'Full') }, { key: 'z' });
    s.does(olivia, answers({ package: 'Basic' }));
    expect(s.refusal(olivia, complete('a')).message).toBe(
      `"a" isn't needed: "Package" in "About you" is "Basic". An owner or admin can reopen it if it is needed all the same. Nothing changed.`,
    );
    s.does(olivia, reopen('a', 'They asked for it after all'));
    expect(s.task('a')).toMatchObject({ status: 'READY', condition: null });
    s.does(olivia, reopen('about'));
    s.does(olivia, answers({ package: 'Basic' }));
    expect(s.task('a').status).toBe('READY');
  });

  it('leaves a task that is not needed to the client who is invited meanwhile, for when it is needed', () => {
    const s = Stage.started(
      form,
      { key: 'a', dependsOn: ['about'], assignee: { kind: 'client' }, ...only('package', 'Full') },
      { key: 'z' },
    );
    s.does(olivia, answers({ package: 'Basic' }));
    s.does(olivia, { type: 'invite', people: [invitee(jane)] });
    s.does(olivia, reopen('about'));
    s.does(olivia, answers({ package: 'Full' }));
    expect(s.task('a')).toMatchObject({ status: 'READY', assignee: { id: jane.id } });
  });

  it('of a task skipped by hand changes nothing: it stays skipped', () => {
    const s = Stage.started(form, { key: 'a', dependsOn: ['about'], ...only('package', 'Full') }, { key: 'z' });
    s.does(olivia, skip('a'));
    s.does(olivia, answers({ package: 'Full' }));
    expect(s.task('a')).toMatchObject({ status: 'SKIPPED', skippedBy: 'person' });
  });

  it('is put into words', () => {
    const s = new Stage(form, { key: 'a', dependsOn: ['about'], ...unless('package', 'Basic', 'Full') });
    const { condition } = s.task('a');
    if (!condition) throw new Error('no condition');
    expect(conditionWords(condition, s.task('about'))).toBe(
      'only if "Package" in "About you" is not "Basic" or "Full"',
    );
    expect(whyNotNeeded(s.flow, s.task('about'))).toBeNull();
  });
});
