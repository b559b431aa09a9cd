import { z } from 'zod';
import { command, commandInput, commandOutput, factsOf } from './command.ts';
import { operation } from './operation.ts';

/** A client opened their link: the invitation counts as accepted. */
export const acceptMyInvitation = operation({
  name: 'accept_my_invitation',
  title: 'Accept my invitation',
  description: 'Notes that a client has opened their link.',
  kind: 'write',
  access: 'portal',
  surfaces: ['web'],
  input: z.strictObject(commandInput),
  output: z.object(commandOutput),
  async handler(call) {
    const { flowId, externalId } = call.principal;
    return factsOf(await command(call, { id: flowId, name: '' }, { type: 'accept_invitation', externalId }));
  },
  text: () => 'Welcome.',
});
