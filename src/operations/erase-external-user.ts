import { z } from 'zod';
import { findOpenErasure, flowsWith, insertErasure } from '../db/erasures.ts';
import { noteOrgEvent } from '../db/org-events.ts';
import { idFrom } from '../platform/ids.ts';
import { actorOf, commandInput } from './command.ts';
import { taken } from './engine-trouble.ts';
import { clientAddress, needAddress, nobodyKnown } from './erasures.ts';
import { once } from './once.ts';
import { operation } from './operation.ts';
import { count } from './words.ts';

const output = z.object({ erasure: z.string(), flows: z.number().int() });

export const eraseExternalUser = operation({
  name: 'erase_external_user',
  title: "Erase a client's data",
  description:
    'Erases who a client is and what they answered, wrote and uploaded, in all flows of the organization, for good. Their open tasks lie with nobody then. Goes on by itself until it is done; `list_erasures` tells when.',
  kind: 'write',
  destructive: true,
  access: 'admin',
  noApps: 'erases nobody',
  surfaces: ['rest', 'web'],
  rest: { method: 'POST', path: '/erasures', example: { email: 'jane@harborandpine.test' } },
  input: z.strictObject({ email: clientAddress, ...commandInput }),
  output,
  async handler(call, input) {
    const { principal, now } = call;
    const address = needAddress(input.email);
    const { kept } = await once(call, output, async (trx) => {
      const flows = await flowsWith(trx, address);
      // Asked again, the one that is under way goes on.
      const open = await findOpenErasure(trx, address);
      if (open) return { erasure: open.id, flows: flows.length };
      if (flows.length === 0) throw nobodyKnown(address);
      const id = idFrom('er', principal.orgId, call.commandId);
      const by = actorOf(principal);
      await insertErasure(trx, { orgId: principal.orgId, id, address, by, at: new Date(now) });
      const what = `began to erase the data of a client in ${count(flows.length, 'flow')}`;
      await noteOrgEvent(trx, principal, now, 'client_erased', what);
      return { erasure: id, flows: flows.length };
    });
    await taken(call.commandId, call.workflows.erase({ orgId: principal.orgId, erasureId: kept.erasure }));
    return kept;
  },
  text: (f) =>
    `Their data is being erased in ${count(f.flows, 'flow')}. It goes on by itself, whatever is restarted meanwhile; \`list_erasures\` tells when it is done.`,
});
