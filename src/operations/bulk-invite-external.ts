import { z } from 'zod';
import type { Invitee } from '../domain/command.ts';
import { limits } from '../domain/limits.ts';
import { lineOf } from '../domain/naming.ts';
import { isStorable } from '../domain/storable.ts';
import type { MemberPrincipal } from '../oauth/principal.ts';
import { acceptedText, command, commandInput, commandOutput, effectLines, factsOf, theFlow } from './command.ts';
import { flowTruth } from './flow-truth.ts';
import { withinTheHour } from './invitation-limit.ts';
import { addressOf, invitee } from './invitees.ts';
import { nameOrId } from './names.ts';
import { type Call, operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { count, dots, lines, plain, quote, short } from './words.ts';

const outcomes = ['invited', 'already_invited', 'bad_address', 'bad_name', 'bad_role', 'too_many', 'accepted'] as const;
type Outcome = (typeof outcomes)[number];

const words: Record<Outcome, string> = {
  invited: 'invited',
  already_invited: 'already invited, nothing changed',
  bad_address: 'no mail address, not invited',
  bad_name: `the name is not one line of up to ${limits.name} characters that can be seen, not invited`,
  bad_role: `the role is not one line of up to ${limits.role} characters that can be seen, not invited`,
  too_many: `not invited: a flow takes ${limits.externalsPerFlow} external users at most`,
  accepted: 'stored, not invited yet',
};

const outcomeShape = z.object({ email: z.string(), outcome: z.enum(outcomes), id: z.string().nullable() });
type Told = z.infer<typeof outcomeShape>;

// What can't be stored would be refused for the whole call.
const nameLine = lineOf(limits.name).refine(isStorable).optional();
const roleLine = lineOf(limits.role).refine(isStorable).optional();

/** A row of what was given; looked at by itself, since one that is wrong stops no other. */
const row = z
  .strictObject({
    email: z.string(),
    name: z.string().optional().describe(`At most ${limits.name} characters`),
    role: z.string().optional().describe(`At most ${limits.role} characters`),
  })
  .transform((given) => {
    const address = addressOf(given.email);
    const name = nameLine.safeParse(given.name);
    const role = roleLine.safeParse(given.role);
    const bad = (outcome: Outcome) => ({ email: address ?? shown(given.email), outcome, person: null });
    if (address === null) return bad('bad_address');
    if (!name.success) return bad('bad_name');
    if (!role.success) return bad('bad_role');
    return { email: address, outcome: null, person: { name: name.data, role: role.data } };
  });

/** What was given for an address, as far as it can be told: it may be of any length, and no text that a database takes. */
const shown = (given: string): string => short(plain(given.replace(/\p{Cs}/gu, '\ufffd')), limits.email);

export const bulkInviteExternal = operation({
  name: 'bulk_invite_external',
  title: 'Invite several external users',
  description: `Invites up to ${limits.invitesPerCommand} clients to one flow in one call, as \`invite_external_user\` does for one. Each one's outcome is told; one bad address stops no other.`,
  kind: 'write',
  openWorld: true,
  access: 'admin',
  surfaces: ['mcp', 'rest', 'web'],
  rest: {
    method: 'POST',
    path: '/flows/{flow}/external-users/bulk',
    example: { flow: 'Harbor & Pine', people: [{ email: 'john@harborandpine.test', role: 'client reviewer' }] },
  },
  input: z.strictObject({
    flow: nameOrId('Name or id'),
    people: z.array(row).min(1).max(limits.invitesPerCommand),
    ...commandInput,
  }),
  output: z.object({
    ...commandOutput,
    invited: z.number().int(),
    outcomes: z.array(outcomeShape),
  }),
  async handler(call, { flow: ref, people }) {
    const refused = people.flatMap(({ email, outcome, person }) =>
      person === null ? [{ email, outcome, id: null }] : [],
    );
    if (refused.length === people.length) throw nobody(refused);
    const flow = await theFlow(call, ref);
    const read: Row[] = people.map(({ email, outcome, person }) =>
      person === null
        ? { told: { email, outcome, id: null } }
        : { person: invitee(flow.id, email, person.name, person.role) },
    );
    const wanted = read.flatMap((r) => ('person' in r ? [r.person] : []));
    const facts = await withinTheHour(
      call,
      wanted.length,
      () => invite(call, flow, wanted, read),
      ({ effects }) => effects?.invited.filter((i) => i.status === 'invited').length ?? wanted.length,
    );
    const each = outcomesOf(read, (_person, n) => facts.effects?.invited[n]);
    return { ...factsOf(facts), invited: each.filter((o) => o.outcome === 'invited').length, outcomes: each };
  },
  text(f, now) {
    const told = f.outcomes.map((o) =>
      dots(`- ${plain(o.email)}: ${words[o.outcome]}`, o.outcome === 'invited' && `\`${o.id}\``),
    );
    if (f.state === 'accepted') return lines(acceptedText(f), told);
    const sent = f.flow.status === 'ACTIVE' ? 'Their mails are on the way.' : 'The mails go out when the flow runs.';
    return lines(
      `${f.invited} of ${count(f.outcomes.length, 'person', 'people')} invited to ${plain(f.flow.name)}. ${sent}`,
      told,
      effectLines({ ...f, mailsQueued: 0 }, now),
    );
  },
});

/** Somebody to invite, or what there is to tell of a row that is nobody. */
type Row = { readonly person: Invitee } | { readonly told: Told };

/** In the order of what was given; `of` tells what became of the nth who could be invited. */
function outcomesOf(
  read: readonly Row[],
  of: (person: Invitee, n: number) => { readonly status: Outcome; readonly externalId: string } | undefined,
): Told[] {
  let n = 0;
  return read.map((r) => {
    if ('told' in r) return r.told;
    const one = of(r.person, n++);
    return { email: r.person.email, outcome: one?.status ?? 'accepted', id: one?.externalId ?? r.person.externalId };
  });
}

function nobody(told: readonly Told[]): Refusal {
  const given = told.slice(0, 5).map((o) => quote(o.email, 60));
  const text = told.every((o) => o.outcome === 'bad_address')
    ? `None of these is a mail address: ${given.join(', ')}.`
    : lines(
        'Nobody was invited.',
        told.map((o) => `- ${plain(o.email)}: ${words[o.outcome]}`),
      );
  return new Refusal('bad_input', `${text} Nothing changed.`, { outcomes: told });
}

/** Where the flow refuses because nobody could be invited, it is asked who is there already: each one's outcome is told. */
async function invite(
  call: Call<MemberPrincipal>,
  flow: { readonly id: string; readonly name: string },
  people: Invitee[],
  read: readonly Row[],
) {
  try {
    return await command(call, flow, { type: 'invite', people });
  } catch (error) {
    if (!(error instanceof Refusal) || (error.code !== 'already_invited' && error.code !== 'too_large')) throw error;
    const { externals } = (await flowTruth(call, call.principal.orgId, flow.id)).flow;
    // What is too large may be the flow itself, too.
    if (error.code === 'too_large' && externals.length < limits.externalsPerFlow) throw error;
    const outcomes = outcomesOf(read, ({ email, externalId }) => {
      const known = externals.find((e) => e.email === email && e.invitation !== 'REVOKED');
      return known ? { status: 'already_invited', externalId: known.id } : { status: 'too_many', externalId };
    });
    throw new Refusal(error.code, error.message, { ...error.facts, outcomes });
  }
}
