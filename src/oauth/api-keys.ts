/** API keys: `bflow_sk_` and 32 letters, shown once, stored hashed, belonging to an org and the person who made them. */
import { findApiKeyById, insertApiKey } from '../db/api-keys.ts';
import type { Trx } from '../db/database.ts';
import { idFrom, newId } from '../platform/ids.ts';
import { hashSecret, randomText } from '../platform/secrets.ts';

const prefix = 'bflow_sk_';
const shape = /^bflow_sk_[A-Za-z0-9]{32}$/;

export const looksLikeApiKey = (token: string): boolean => shape.test(token);

interface Owner {
  readonly orgId: string;
  readonly userId: string;
}

/** Makes a key for this person in the org of the transaction; the secret is given out here and never again. */
export async function createApiKey(trx: Trx, owner: Owner, name: string): Promise<{ id: string; secret: string }> {
  const key = newKey(newId('key'), owner, name);
  await insertApiKey(trx, key.kept);
  return key.made;
}

export type KeyMade =
  | { readonly is: 'new'; readonly secret: string }
  /** By the same command before, with this name: only a hash is left of its secret, so nobody can tell it again. */
  | { readonly is: 'there'; readonly name: string };

/** As `createApiKey`, once for each command id: its key's id comes from it. */
export async function createApiKeyOnce(trx: Trx, owner: Owner, name: string, commandId: string): Promise<KeyMade> {
  const { kept, made } = newKey(idFrom('key', owner.orgId, owner.userId, commandId), owner, name);
  if (await insertApiKey(trx, kept)) return { is: 'new', secret: made.secret };
  const there = await findApiKeyById(trx, made.id);
  if (!there) throw new Error(`The key ${made.id} is neither new nor there.`);
  return { is: 'there', name: there.name };
}

function newKey(id: string, owner: Owner, name: string) {
  const secret = prefix + randomText(32);
  return { kept: { id, ...owner, name, hash: hashSecret(secret), hint: secret.slice(-4) }, made: { id, secret } };
}
