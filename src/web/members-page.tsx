/** Who works in an org, and one member with what can be done about their part. */
import type { z } from 'zod';
import type { Role } from '../oauth/principal.ts';
import type { Session } from '../oauth/session.ts';
import type { getMember } from '../operations/get-member.ts';
import type { listHandOvers } from '../operations/list-hand-overs.ts';
import type { listMemberInvitations } from '../operations/list-member-invitations.ts';
import type { listOrgEvents } from '../operations/list-org-events.ts';
import type { listOrgMembers } from '../operations/list-org-members.ts';
import { count } from '../operations/words.ts';
import { Face } from './kit/face.tsx';
import { newCommandId } from './kit/member.ts';
import { numberWord } from './kit/number.ts';
import { renderPage } from './kit/page.tsx';
import { Pager } from './kit/pager.tsx';
import { Csrf, Notice } from './kit/parts.tsx';
import { Settings } from './kit/settings.tsx';
import { Day } from './kit/when.tsx';

type Member = z.output<typeof listOrgMembers.output>['members'][number];
type Invitation = z.output<typeof listMemberInvitations.output>['invitations'][number];
type HandOver = z.output<typeof listHandOvers.output>['handOvers'][number];
type Changes = z.output<typeof listOrgEvents.output>;
type Found = z.output<typeof getMember.output>;

export const settingsStyles = ['/assets/settings.css'];

const roleWords: Record<Role, { readonly name: string; readonly may: string }> = {
  OWNER: { name: 'Owner', may: 'Everything, and decides who else may.' },
  ADMIN: { name: 'Admin', may: 'Runs all flows, invites members and clients, connects apps, changes settings.' },
  MEMBER: { name: 'Member', may: 'Sees all flows; does tasks that are theirs, or nobody’s.' },
};
const ofRank = ['OWNER', 'ADMIN', 'MEMBER'] as const;

export interface MembersView {
  readonly session: Session;
  readonly now: number;
  readonly members: readonly Member[];
  readonly invitations: readonly Invitation[];
  readonly handOvers: readonly HandOver[];
  /** Null for who may not see them. */
  readonly changes: Changes | null;
  readonly notice: string | null;
  readonly problem: string | null;
  readonly typed: Readonly<Record<string, string>>;
}

function headline(org: string, members: number, invited: number): string {
  const people = members === 1 ? `You work alone in ${org}` : `${numberWord(members)} people work in ${org}`;
  return invited === 0
    ? people
    : `${people}, ${invited === 1 ? 'one is' : `${numberWord(invited).toLowerCase()} are`} invited`;
}

export function membersPage(view: MembersView): string {
  const { session, now, members, invitations, handOvers, changes, notice, problem, typed } = view;
  const org = session.org?.name ?? 'your organization';
  const manages = session.org !== null && session.org.role !== 'MEMBER';
  return renderPage({
    title: 'Members',
    styles: settingsStyles,
    children: (
      <Settings session={session} here="/settings/members">
        <h1>{headline(org, members.length, invitations.length)}</h1>
        <Notice text={notice} />
        <Notice text={problem} bad />
        {handOvers.map((h) => (
          <p class="notice quiet" role="status">
            {count(h.tasksLeft, 'open task')} of {h.from} {h.tasksLeft === 1 ? 'is' : 'are'} on the way to{' '}
            {h.to ?? 'nobody in particular'}.
          </p>
        ))}
        {manages && (
          <form method="post" action="/settings/members/invite" class="ask">
            <Csrf secret={session.secret} />
            <input type="hidden" name="command_id" value={newCommandId()} />
            <div class="field">
              <label for="email">Mail address</label>
              <input
                id="email"
                name="email"
                type="email"
                value={problem === null ? '' : (typed.email ?? '')}
                autocomplete="off"
                maxLength={254}
                required
              />
            </div>
            <div class="field">
              <label for="role">Role</label>
              <select id="role" name="role">
                {ofRank
                  .filter((r) => r !== 'OWNER' || session.org?.role === 'OWNER')
                  .map((r) => (
                    <option value={r} selected={r === (typed.role ?? 'MEMBER')}>
                      {roleWords[r].name}
                    </option>
                  ))}
              </select>
            </div>
            <button type="submit" class="button primary">
              Invite
            </button>
          </form>
        )}
        <ul class="card list people">
          {members.map((m) => {
            const me = m.id === session.userId;
            return (
              <li>
                <Face kind="member" name={m.name} />
                <span class="grow">
                  <b>{m.name}</b> {me && <span class="chip brand">You</span>}
                  <span class="small">{m.email}</span>
                </span>
                <span class="chip">{roleWords[m.role].name}</span>
                {manages || me ? (
                  <a class="button" href={`/settings/members/${m.id}`} aria-label={`Manage ${m.name}`}>
                    {manages ? 'Manage' : 'Leave'}
                  </a>
                ) : null}
              </li>
            );
          })}
        </ul>
        {invitations.length > 0 && (
          <section>
            <h2>Invited, and not here yet</h2>
            <ul class="card list people">
              {invitations.map((i) => (
                <li>
                  <span class="grow">
                    <b>{i.email}</b>
                    <span class="small">
                      by {i.invitedBy}, sent <Day at={i.sentAt} now={now} />
                      {!i.expired && (
                        <>
                          , works until <Day at={i.expiresAt} now={now} />
                        </>
                      )}
                    </span>
                  </span>
                  {i.expired && <span class="chip late">Expired</span>}
                  <span class="chip">{roleWords[i.role].name}</span>
                  {manages && (
                    <form method="post" action="/settings/members/invitations" class="pair">
                      <Csrf secret={session.secret} />
                      <input type="hidden" name="command_id" value={newCommandId()} />
                      <input type="hidden" name="invitation" value={i.id} />
                      <button
                        type="submit"
                        class="button"
                        name="action"
                        value="resend"
                        aria-label={`Send again to ${i.email}`}
                      >
                        Send again
                      </button>
                      <button
                        type="submit"
                        class="button"
                        name="action"
                        value="revoke"
                        aria-label={`Revoke ${i.email}`}
                      >
                        Revoke
                      </button>
                    </form>
                  )}
                </li>
              ))}
            </ul>
          </section>
        )}
        {changes !== null && changes.events.length > 0 && (
          <section id="changes">
            <h2>What changed</h2>
            <ul class="feed">
              {changes.events.map((e) => (
                <li>
                  <b>{e.by}</b> {e.text}
                  <span class="small">
                    <Day at={e.at} now={now} />
                    {e.through === 'web' ? '' : ', by an API key'}
                  </span>
                </li>
              ))}
            </ul>
            <Pager
              list={changes}
              first="/settings/members#changes"
              href={(cursor) => `/settings/members?cursor=${encodeURIComponent(cursor)}#changes`}
            />
          </section>
        )}
      </Settings>
    ),
  });
}

export interface MemberView {
  readonly session: Session;
  readonly found: Found;
  readonly members: readonly Member[];
  readonly notice: string | null;
  readonly problem: string | null;
}

export function memberPage({ session, found, members, notice, problem }: MemberView): string {
  const { member, may, openTasks, flows } = found;
  const me = member.id === session.userId;
  const org = session.org?.name ?? 'the organization';
  const base = `/settings/members/${member.id}`;
  const others = members.filter((m) => m.id !== member.id);
  const offered = ofRank.filter((r) => r === member.role || may.roles.includes(r));
  const tasks = count(openTasks, 'open task');
  return renderPage({
    title: member.name,
    styles: settingsStyles,
    children: (
      <Settings session={session} here="/settings/members">
        <p class="small">
          <a href="/settings/members">Members</a>
        </p>
        <div class="who">
          <Face kind="member" name={member.name} />
          <h1>
            {me ? 'You are' : `${member.name} is`} {article(member.role)} of {org}
          </h1>
        </div>
        <p class="small">{member.email}</p>
        <Notice text={notice} />
        <Notice text={problem} bad />
        {offered.length > 1 ? (
          <form method="post" action={`${base}/role`} class="card sheet part">
            <Csrf secret={session.secret} />
            <fieldset>
              <legend>Role</legend>
              {offered.map((r) => (
                <label class="choice">
                  <input type="radio" name="role" value={r} checked={r === member.role} />
                  <span>
                    <b>{roleWords[r].name}</b>
                    <span class="small">{roleWords[r].may}</span>
                  </span>
                </label>
              ))}
            </fieldset>
            <p class="small">
              Who becomes a member loses the apps they connected, and the invitations they sent, at once.
            </p>
            <button type="submit" class="button primary">
              Change the role
            </button>
          </form>
        ) : (
          <p class="card sheet part">{whyNoRole(me, session.org?.role ?? 'MEMBER', member)}</p>
        )}
        {(may.remove || may.leave) && (
          <form method="post" action={`${base}/${me ? 'leave' : 'remove'}`} class="card sheet part">
            <Csrf secret={session.secret} />
            <input type="hidden" name="command_id" value={newCommandId()} />
            <h2>{me ? `Leave ${org}` : `Remove ${member.name}`}</h2>
            <p>
              {me ? 'Your' : 'Their'} API keys and connected apps in {org} end at once.{' '}
              {openTasks === 0
                ? `No open task lies with ${me ? 'you' : 'them'}.`
                : `${tasks} in ${count(flows, 'flow')} ${openTasks === 1 ? 'lies' : 'lie'} with ${me ? 'you' : 'them'}.`}{' '}
              What {me ? 'you' : 'they'} did stays in the flows.
            </p>
            <div class="field">
              <label for="tasks_to">Who takes {openTasks === 0 ? 'tasks that come up meanwhile' : tasks}?</label>
              <select id="tasks_to" name="tasks_to" required>
                <option value="nobody">Nobody for now</option>
                {others.map((m) => (
                  <option value={m.id}>{m.id === session.userId ? `${m.name} (you)` : m.name}</option>
                ))}
              </select>
            </div>
            <button type="submit" class="button bad">
              {me ? `Leave ${org}` : `Remove ${member.name}`}
            </button>
          </form>
        )}
        {me && !may.leave && (
          <p class="card sheet part">
            You are the only owner of {org}, and without you nobody could run it. Make somebody else an owner first;
            then you can leave.
          </p>
        )}
      </Settings>
    ),
  });
}

const article = (role: Role): string => ({ OWNER: 'an owner', ADMIN: 'an admin', MEMBER: 'a member' })[role];

function whyNoRole(me: boolean, mine: Role, member: Member): string {
  if (mine === 'MEMBER') return 'Owners and admins change roles. Ask one of them.';
  if (me) return 'Your own role stays as long as you are the only owner.';
  if (member.role === 'OWNER' && mine !== 'OWNER') return 'Only an owner changes the role of an owner.';
  return 'This role can’t be changed now.';
}

export const memberGonePage = (session: Session): string =>
  renderPage({
    title: 'Nobody is at this address',
    styles: settingsStyles,
    children: (
      <Settings session={session} here="/settings/members">
        <h1>Nobody is at this address</h1>
        <p>
          They may have left {session.org?.name}. <a href="/settings/members">All members</a>
        </p>
      </Settings>
    ),
  });
