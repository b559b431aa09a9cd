/** What an endpoint's deliveries are signed with: 24 random bytes, shown once, kept sealed. */
import { randomBytes } from 'node:crypto';
import type { Keyring, Sealed } from './keyring.ts';

/** `whsec_` and base64, as Standard Webhooks writes a symmetric secret. */
export const newWebhookSecret = (): string => `whsec_${randomBytes(24).toString('base64')}`;

interface Kept {
  readonly org_id: string;
  readonly id: string;
  readonly secret_key_id: string;
  readonly secret: Buffer;
  readonly old_secret_key_id: string | null;
  readonly old_secret: Buffer | null;
  readonly old_secret_until: Date | null;
}

const purposeOf = ({ org_id, id }: Pick<Kept, 'org_id' | 'id'>): string => `webhook ${org_id} ${id}`;

export const sealSecret = (keyring: Keyring, of: Pick<Kept, 'org_id' | 'id'>, secret: string): Sealed =>
  keyring.seal(Buffer.from(secret), purposeOf(of));

/** The secrets to sign with at this moment: the present one, and the one before while it still counts. */
export function openSecrets(keyring: Keyring, kept: Kept, at: Date): string[] {
  const open = (keyId: string, bytes: Buffer): string => keyring.open({ keyId, bytes }, purposeOf(kept)).toString();
  const present = open(kept.secret_key_id, kept.secret);
  const { old_secret_key_id: oldKeyId, old_secret: old, old_secret_until: until } = kept;
  return oldKeyId !== null && old !== null && until !== null && until > at ? [present, open(oldKeyId, old)] : [present];
}
