import { createHash } from 'node:crypto';
import { z } from 'zod';
import { removeLogos, setLogo } from '../db/branding.ts';
import { noteOrgEvent } from '../db/org-events.ts';
import { imageOf } from '../platform/image-type.ts';
import { commandInput } from './command.ts';
import { needManager } from './member-rules.ts';
import { changesNoMembers, changingMembers } from './members.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';

/** Bytes. */
export const mostLogoBytes = 200 * 1024;
/** Pixels, either way: a small file may unfold to a picture that no phone has room for. */
const mostLogoPixels = 4_096;

const output = z.object({ logo: z.string().nullable() });

export const setOrgLogo = operation({
  name: 'set_org_logo',
  title: "Change the organization's logo",
  description:
    'Clients see it in their portal and in mails. A PNG, JPEG or WebP of up to 200 kB, in base64; null takes it away.',
  kind: 'write',
  access: 'admin',
  noApps: changesNoMembers,
  surfaces: ['rest', 'web'],
  rest: { method: 'PUT', path: '/org/logo', example: { image_base64: null } },
  input: z.strictObject({
    image_base64: z
      .base64()
      .max(Math.ceil(mostLogoBytes / 3) * 4 + 4)
      .nullable(),
    ...commandInput,
  }),
  output,
  async handler(call, { image_base64 }) {
    const bytes = image_base64 === null ? null : Buffer.from(image_base64, 'base64');
    if (bytes && bytes.length > mostLogoBytes) {
      throw new Refusal('too_large', 'The logo has more than 200 kB. Make it smaller. Nothing changed.');
    }
    // What it is, its bytes say: neither a name nor a header.
    const image = bytes && imageOf(bytes);
    if (bytes && image === null) {
      throw new Refusal('bad_input', 'That is no PNG, JPEG or WebP image. Save it as one of these. Nothing changed.');
    }
    if (image && image.size === null) {
      throw new Refusal(
        'bad_input',
        'That begins like an image, and there is no picture in it: it is broken, or cut off. Save it once more. Nothing changed.',
      );
    }
    if (image?.size && Math.max(image.size.width, image.size.height) > mostLogoPixels) {
      const { width, height } = image.size;
      throw new Refusal(
        'bad_input',
        `The logo is ${width} by ${height} pixels; ${mostLogoPixels} either way is the most. Make it smaller. Nothing changed.`,
      );
    }
    const { orgId } = call.principal;
    const { kept } = await changingMembers(call, output, async (trx, me) => {
      needManager(me, 'change the logo');
      if (bytes === null || image === null) {
        await removeLogos(trx, orgId);
        await noteOrgEvent(trx, call.principal, call.now, 'settings_changed', 'took the logo away');
        return { logo: null };
      }
      const hash = createHash('sha256').update(bytes).digest('hex');
      await setLogo(trx, orgId, hash, { type: image.type, bytes }, new Date(call.now));
      await noteOrgEvent(trx, call.principal, call.now, 'settings_changed', 'changed the logo');
      return { logo: `/brand/logo/${hash}` };
    });
    return kept;
  },
  text: ({ logo }) =>
    logo === null ? 'There is no logo any more.' : 'The logo is changed; clients see it from now on.',
});
