import { z } from 'zod';
import { closeOrg } from '../db/org-deletion.ts';
import { readOrgSettings } from '../db/people.ts';
import { limits } from '../domain/limits.ts';
import { composed } from '../domain/naming.ts';
import { commandInput } from './command.ts';
import { taken } from './engine-trouble.ts';
import { changesNoMembers, changingMembers } from './members.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { plain, quote } from './words.ts';

const output = z.object({ org: z.object({ id: z.string(), name: z.string() }) });

export const deleteOrg = operation({
  name: 'delete_org',
  title: 'Delete the organization',
  description:
    'Deletes the organization for good: its flows end, and members, templates, answers, files, keys and apps go. Needs its name, as proof that it is meant. Export everything first.',
  kind: 'write',
  destructive: true,
  access: 'owner',
  noApps: changesNoMembers,
  surfaces: ['rest', 'web'],
  rest: { method: 'POST', path: '/org/deletion', example: { name: 'Acme Agency' } },
  input: z.strictObject({
    name: z.string().overwrite(composed).max(limits.name).describe('The name of the organization'),
    ...commandInput,
  }),
  output,
  async handler(call, { name }) {
    const { orgId } = call.principal;
    const { kept } = await changingMembers(call, output, async (trx, me) => {
      if (me.role !== 'OWNER')
        throw new Refusal('not_allowed', 'Only an owner can delete the organization. Nothing changed.');
      const org = await readOrgSettings(trx, orgId);
      if (name !== composed(org.name))
        throw new Refusal('bad_input', `To delete it, give its name, which is ${quote(org.name)}. Nothing changed.`, {
          field: 'name',
        });
      return { org: { id: org.id, name: org.name } };
    });
    // Stored from here on, and done whatever is restarted. The workflow begins with the same as what follows it here,
    // which holds also while every worker is away.
    await taken(call.commandId, call.workflows.deleteOrg({ orgId }));
    await call.database.withOrg(call.principal, closeOrg);
    return kept;
  },
  text: (f) => `${plain(f.org.name)} is being deleted. Nobody gets in any more; within minutes nothing is left of it.`,
});
