import { describe, expect, test } from 'vitest';
import { type Role, roles } from '../oauth/principal.ts';
import { needMayChangeRole, needMayInvite, needMayLeave, needMayRemove } from './member-rules.ts';
import { Refusal } from './refusal.ts';

const person = (role: Role, id = 'other') => ({ id, name: 'Pat', role });

function codeOf(rule: () => void): string {
  try {
    rule();
    return 'allowed';
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

/** Written out by hand, so that a changed rule is seen: who, whose role, to which. */
const allowed = new Set([
  ...['OWNER MEMBER>ADMIN', 'OWNER MEMBER>OWNER', 'OWNER ADMIN>MEMBER', 'OWNER ADMIN>OWNER', 'OWNER OWNER>MEMBER'],
  ...['OWNER OWNER>ADMIN', 'ADMIN MEMBER>ADMIN', 'ADMIN ADMIN>MEMBER'],
]);

describe('a role is changed', () => {
  for (const actor of roles)
    for (const from of roles)
      for (const to of roles.filter((r) => r !== from)) {
        const may = allowed.has(`${actor} ${from}>${to}`);
        test(`of another, by ${actor}: ${from} to ${to} is ${may ? 'allowed' : 'refused'}`, () => {
          const code = codeOf(() => needMayChangeRole(person(actor, 'me'), person(from), to, 2));
          expect(code).toBe(may ? 'allowed' : 'not_allowed');
        });
      }

  test.each([
    ['MEMBER', 'ADMIN'],
    ['MEMBER', 'OWNER'],
    ['ADMIN', 'OWNER'],
  ] as const)('of oneself upwards, from %s to %s, never', (from, to) => {
    const me = person(from, 'me');
    expect(codeOf(() => needMayChangeRole(me, me, to, 2))).toBe('not_allowed');
  });

  test('of oneself downwards, but not of the last owner', () => {
    const [owner, admin] = [person('OWNER', 'me'), person('ADMIN', 'me')];
    expect(codeOf(() => needMayChangeRole(admin, admin, 'MEMBER', 1))).toBe('allowed');
    expect(codeOf(() => needMayChangeRole(owner, owner, 'ADMIN', 2))).toBe('allowed');
    expect(codeOf(() => needMayChangeRole(owner, owner, 'ADMIN', 1))).toBe('last_owner');
    expect(codeOf(() => needMayChangeRole(owner, person('OWNER'), 'MEMBER', 1))).toBe('last_owner');
  });
});

test('inviting: admins invite members and admins, owners everyone, members nobody', () => {
  const may = roles.flatMap((actor) =>
    roles.filter((r) => codeOf(() => needMayInvite(person(actor), r)) === 'allowed').map((r) => `${actor} ${r}`),
  );
  expect(may).toEqual(['OWNER OWNER', 'OWNER ADMIN', 'OWNER MEMBER', 'ADMIN ADMIN', 'ADMIN MEMBER']);
});

test('removing: admins remove members and admins, owners everyone but the last owner, nobody themselves', () => {
  const may = roles.flatMap((actor) =>
    roles
      .filter((r) => codeOf(() => needMayRemove(person(actor, 'me'), person(r), 2)) === 'allowed')
      .map((r) => `${actor} ${r}`),
  );
  expect(may).toEqual(['OWNER OWNER', 'OWNER ADMIN', 'OWNER MEMBER', 'ADMIN ADMIN', 'ADMIN MEMBER']);
  expect(codeOf(() => needMayRemove(person('OWNER', 'me'), person('OWNER'), 1))).toBe('last_owner');
  expect(codeOf(() => needMayRemove(person('OWNER', 'me'), person('OWNER', 'me'), 2))).toBe('not_allowed');
});

test('leaving: everyone but the last owner', () => {
  expect(roles.map((r) => codeOf(() => needMayLeave(person(r), 2)))).toEqual(['allowed', 'allowed', 'allowed']);
  expect(roles.map((r) => codeOf(() => needMayLeave(person(r), 1)))).toEqual(['last_owner', 'allowed', 'allowed']);
});
