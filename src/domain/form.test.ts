import { describe, expect, it } from 'vitest';
import { steps } from '../../test/support/stage.ts';
import { answersProblem, fileIdsOf } from './form.ts';
import { limits } from './limits.ts';

const [form] = steps({
  key: 'papers',
  title: 'Papers',
  type: 'FORM',
  fields: [
    { key: 'deed', label: 'Deed', type: 'file', accept: ['pdf'] },
    { key: 'photos', label: 'Photos', type: 'file', multiple: true, required: false },
  ],
});

const problem = (answers: Record<string, string>): string | null =>
  answersProblem({ title: 'Papers', type: 'FORM', fields: form?.fields ?? [], answers: null }, answers);

describe('the answer to a file field', () => {
  it('is the ids of files, joined by commas', () => {
    expect(problem({ deed: 'fi_1' })).toBeNull();
    expect(problem({ deed: 'fi_1', photos: 'fi_2, fi_3,fi_4' })).toBeNull();
    expect(fileIdsOf('fi_2, fi_3,fi_4')).toEqual(['fi_2', 'fi_3', 'fi_4']);
    expect(fileIdsOf('')).toEqual([]);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['missing', { deed: ' ' }, /^"Papers" still needs an answer to "Deed" \(deed\)\.$/],
    ['no id', { deed: '../../etc/passwd' }, /^"Deed" \(deed\) must be the ids of uploaded files, joined by commas\.$/],
    ['an empty id', { deed: 'fi_1', photos: 'fi_2,' }, /^"Photos" \(photos\) must be the ids/],
    ['two where one is asked for', { deed: 'fi_1,fi_2' }, /^"Deed" \(deed\) takes one file at most\.$/],
    ['the same twice', { deed: 'fi_1', photos: 'fi_2,fi_2' }, /^"Photos" \(photos\) names a file twice\.$/],
    [
      'too many',
      { deed: 'fi_1', photos: Array.from({ length: limits.filesPerAnswer + 1 }, (_, i) => `fi_${i}`).join() },
      /^"Photos" \(photos\) takes 20 files at most\.$/,
    ],
  ])('is refused when it is %s', (_, answers, sentence) => {
    expect(problem(answers)).toMatch(sentence);
  });
});
