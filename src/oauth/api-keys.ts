/** API keys: `bflow_sk_` and 32 letters, shown once, stored hashed, belonging to an org and the person who made them. */
import { insertApiKey } from '../db/api-keys.ts';
import type { Trx } from '../db/database.ts';
import { newId } from '../platform/ids.ts';
import { hashSecret, randomText } from '../platform/secrets.ts';

const prefix = 'bflow_sk_';
const shape = /^bflow_sk_[A-Za-z0-9]{32}$/;

export const looksLikeApiKey = (token: string): boolean => shape.test(token);

/** Makes a key for this person in the org of the transaction; the secret is given out here and never again. */
export async function createApiKey(
  trx: Trx,
  owner: { readonly orgId: string; readonly userId: string },
  name: string,
): Promise<{ id: string; secret: string }> {
  const secret = prefix + randomText(32);
  const id = newId('key');
  await insertApiKey(trx, { id, ...owner, name, hash: hashSecret(secret), hint: secret.slice(-4) });
  return { id, secret };
}
