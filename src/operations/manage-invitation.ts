import { z } from 'zod';
import {
  acceptedText,
  command,
  commandInput,
  commandOutput,
  factsOf,
  flowCalled,
  flowMeant,
  meant,
} from './command.ts';
import { withinTheHour } from './invitation-limit.ts';
import { findInvited, nameOrId } from './names.ts';
import { operation } from './operation.ts';
import { plain } from './words.ts';

const actions = ['resend', 'revoke'] as const;

const invitationMeant = z.object({ flow: flowMeant, client: z.object({ id: z.string(), email: z.string() }) });

export const manageInvitation = operation({
  name: 'manage_invitation',
  title: 'Send an invitation again, or revoke it',
  description:
    'For an external user of a flow: `resend` mails a fresh link, `revoke` ends their links and takes their open tasks off them.',
  kind: 'write',
  destructive: true,
  openWorld: true,
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: {
    method: 'POST',
    path: '/flows/{flow}/external-users/{external_user}/invitation',
    example: { flow: 'Harbor & Pine', external_user: 'jane@harborandpine.test', action: 'resend' },
  },
  input: z.strictObject({
    flow: nameOrId('Name or id'),
    external_user: nameOrId('Name, address or id'),
    action: z.enum(actions),
    ...commandInput,
  }),
  output: z.object({ ...commandOutput, action: z.enum(actions), email: z.string() }),
  async handler(call, input) {
    const named = { flow: input.flow, person: input.external_user };
    const { flow, client } = await meant(call, named, invitationMeant, async (trx) => {
      const flow = await flowCalled(trx, input.flow, { whole: input.action === 'revoke' });
      return { flow, client: await findInvited(trx, input.external_user, flow) };
    });
    const type = input.action === 'resend' ? 'resend_invitation' : 'revoke_invitation';
    const send = () => command(call, flow, { type, externalId: client.id });
    const facts = type === 'resend_invitation' ? await withinTheHour(call, 1, send) : await send();
    return { ...factsOf(facts), action: input.action, email: client.email };
  },
  text(f) {
    if (f.state === 'accepted') return acceptedText(f);
    return f.action === 'resend'
      ? `A fresh link is on its way to ${plain(f.email)}.`
      : `The invitation of ${plain(f.email)} is revoked; their links have ended.`;
  },
});
