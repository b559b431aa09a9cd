import { z } from 'zod';
import { limits } from '../domain/limits.ts';
import { acceptedText, command, commandInput, commandOutput, effectLines, factsOf, theFlow } from './command.ts';
import { withinTheHour } from './invitation-limit.ts';
import { addressOf, invitee } from './invitees.ts';
import { nameOrId } from './names.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { count, dots, lines, plain, quote } from './words.ts';

const outcomes = ['invited', 'already_invited', 'bad_address', 'too_many', 'accepted'] as const;
type Outcome = (typeof outcomes)[number];

const words: Record<Outcome, string> = {
  invited: 'invited',
  already_invited: 'already invited, nothing changed',
  bad_address: 'no mail address, not invited',
  too_many: `not invited: a flow takes ${limits.externalsPerFlow} external users at most`,
  accepted: 'stored, not invited yet',
};

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
    people: z
      .array(
        z.strictObject({
          email: z.string().trim().max(limits.name),
          name: z.string().trim().max(limits.name).optional(),
          role: z.string().trim().max(limits.role).optional(),
        }),
      )
      .min(1)
      .max(limits.invitesPerCommand),
    ...commandInput,
  }),
  output: z.object({
    ...commandOutput,
    invited: z.number().int(),
    outcomes: z.array(z.object({ email: z.string(), outcome: z.enum(outcomes), id: z.string().nullable() })),
  }),
  async handler(call, { flow: ref, people }) {
    const given = people.map((p) => ({ ...p, address: addressOf(p.email) }));
    if (given.every((p) => p.address === null)) {
      const some = given.slice(0, 5).map((p) => quote(p.email, 60));
      throw new Refusal('bad_input', `None of these is a mail address: ${some.join(', ')}. Nothing changed.`);
    }
    const flow = await theFlow(call, ref);
    const read = given.map(({ email, address, name, role }) => ({
      given: email,
      person: address === null ? null : invitee(flow.id, address, name, role),
    }));
    const wanted = read.flatMap((r) => (r.person === null ? [] : [r.person]));
    const facts = await withinTheHour(
      call,
      wanted.length,
      () => command(call, flow, { type: 'invite', people: wanted }),
      ({ effects }) => effects?.invited.filter((i) => i.status === 'invited').length ?? wanted.length,
    );
    const told = [...(facts.effects?.invited ?? [])];
    const each = read.map((r) => {
      if (r.person === null) return { email: r.given, outcome: 'bad_address' as const, id: null };
      const one = told.shift();
      return {
        email: r.person.email,
        outcome: one?.status ?? ('accepted' as const),
        id: one?.externalId ?? r.person.externalId,
      };
    });
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
