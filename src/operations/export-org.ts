import type { Readable } from 'node:stream';
import { z } from 'zod';
import { noteOrgEvent } from '../db/org-events.ts';
import { readOrgSettings } from '../db/people.ts';
import { operation } from './operation.ts';
import { orgArchive } from './org-archive.ts';

/** All of an org as one archive, for its owners. What is read of it is made while it is read. */
export const exportOrg = operation({
  name: 'export_org',
  title: 'Export everything of the organization',
  description:
    'A zip archive with all members, templates, flows, answers, comments, files and settings of the organization.',
  kind: 'read',
  access: 'owner',
  surfaces: ['web'],
  input: z.strictObject({}),
  output: z.object({ name: z.string(), servedAs: z.string(), bytes: z.custom<Readable>() }),
  async handler({ database, files, principal, now }) {
    if (!files) throw new Error('This process has no file store');
    const { orgId } = principal;
    const slug = await database.withOrg(principal, async (trx) => {
      await noteOrgEvent(trx, principal, now, 'org_exported', 'exported everything of the organization');
      return (await readOrgSettings(trx, orgId)).slug;
    });
    const name = `booflow-${slug}-${new Date(now).toISOString().slice(0, 10)}.zip`;
    return { name, servedAs: 'application/zip', bytes: orgArchive({ database, files, now }, orgId) };
  },
  text: (f) => `${f.name} is on its way.`,
});
