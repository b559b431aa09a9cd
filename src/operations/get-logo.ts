import { z } from 'zod';
import { findLogo, logoTypes } from '../db/branding.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';

export const getLogo = operation({
  name: 'get_logo',
  title: "An organization's logo",
  description: 'The image whose bytes have this SHA-256. Anyone who knows it may see it: mails and the portal do.',
  kind: 'read',
  access: 'public',
  surfaces: ['web'],
  input: z.strictObject({ hash: z.string().regex(/^[0-9a-f]{64}$/) }),
  output: z.object({ type: z.enum(logoTypes), base64: z.string() }),
  async handler({ database }, { hash }) {
    const logo = await findLogo(database.open, hash);
    if (!logo) throw new Refusal('not_found', 'No logo has this hash. Nothing changed.');
    return { type: logo.type, base64: logo.bytes.toString('base64') };
  },
  text: ({ type }) => `A logo, ${type}.`,
});
