import { z } from 'zod';
import { limits } from '../domain/limits.ts';
import { lineOf } from '../domain/naming.ts';
import { acceptedText, command, commandInput, commandOutput, effectLines, factsOf, theFlow } from './command.ts';
import { withinTheHour } from './invitation-limit.ts';
import { addressOf, invitee } from './invitees.ts';
import { nameOrId } from './names.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { lines, plain, quote } from './words.ts';

export const inviteExternalUser = operation({
  name: 'invite_external_user',
  title: 'Invite an external user',
  description:
    'Invites a client to one flow, by mail with a magic link: at once when the flow is ACTIVE, at its start when it is a DRAFT. Open tasks meant for a client of that role become theirs.',
  kind: 'write',
  openWorld: true,
  access: 'admin',
  surfaces: ['mcp', 'rest', 'web'],
  rest: {
    method: 'POST',
    path: '/flows/{flow}/external-users',
    example: { flow: 'Harbor & Pine', email: 'lena@harborandpine.test', role: 'client' },
    location: '/flows/{flow.id}',
  },
  input: z.strictObject({
    flow: nameOrId('Name or id'),
    email: z.string().trim().max(limits.email),
    name: lineOf(limits.name).optional().describe('Their name, when known'),
    role: lineOf(limits.role).optional().describe('Free text, such as "client reviewer"'),
    ...commandInput,
  }),
  output: z.object({
    ...commandOutput,
    externalUser: z.object({ id: z.string(), email: z.string(), name: z.string(), role: z.string() }),
  }),
  async handler(call, { flow: ref, email, name, role }) {
    const address = addressOf(email);
    if (address === null) {
      throw new Refusal(
        'bad_input',
        `${quote(email)} is no mail address. Write it like jane@example.com. Nothing changed.`,
      );
    }
    const flow = await theFlow(call, ref);
    const person = invitee(flow.id, address, name, role);
    const facts = await withinTheHour(call, 1, () => command(call, flow, { type: 'invite', people: [person] }));
    const id = facts.effects?.invited[0]?.externalId ?? person.externalId;
    return { ...factsOf(facts), externalUser: { id, email: person.email, name: person.name, role: person.role } };
  },
  text(f, now) {
    if (f.state === 'accepted') return acceptedText(f);
    const { email, role, id } = f.externalUser;
    const sent =
      f.flow.status === 'ACTIVE' ? 'The mail with their link is on its way.' : 'The mail goes out when the flow runs.';
    return lines(
      `${email} is invited to ${plain(f.flow.name)}${role === '' ? '' : ` as ${plain(role)}`}. ${sent} · \`${id}\``,
      effectLines({ ...f, mailsQueued: 0 }, now),
    );
  },
});
