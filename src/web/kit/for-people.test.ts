import { expect, it } from 'vitest';
import { forPeople } from './for-people.ts';

it('names no tool to a person, and leaves all else', () => {
  expect(forPeople('Nobody here is called "Zoe". `list_org_members` shows the members. Nothing changed.')).toBe(
    'Nobody here is called "Zoe". Nothing changed.',
  );
  expect(forPeople('No flow has a task called "X". Name the flow, or use `list_tasks`.')).toBe(
    'No flow has a task called "X".',
  );
  expect(
    forPeople('"X" is archived. Offer it again first (`archive_template` with `archived: false`). Nothing changed.'),
  ).toBe('"X" is archived. Nothing changed.');
  for (const plain of ['"brand_new" is empty. Nothing changed.', '`list_flows`.']) expect(forPeople(plain)).toBe(plain);
});
