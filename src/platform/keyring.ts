/** Secrets that must be read again, such as a webhook's, lie sealed: AES-256-GCM under a key of the environment. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from './setup-error.ts';

export interface Keyring {
  /** Seals with the first key. What it is for is sealed in: a text moved to another place can't be opened there. */
  seal(plain: Uint8Array, purpose: string): Sealed;
  /** Throws `SealError` when the key is not on the ring, or text or purpose are not what was sealed. */
  open(sealed: Sealed, purpose: string): Buffer;
}

export interface Sealed {
  /** Which key, so that keys can be changed one after the other. */
  readonly keyId: string;
  /** 12 bytes of nonce, the cipher text, 16 bytes of tag. */
  readonly bytes: Buffer;
}

export class SealError extends Error {
  readonly code = 'seal';
}

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;
/** Nothing that was sealed is shorter. */
export const leastSealedBytes = nonceBytes + tagBytes;
const written = /^([A-Za-z0-9_-]{1,40}):([A-Za-z0-9+/]{43}=)$/;

/** What is wrong with the keys as they are written, after the variable's name; null when they can be used. */
export function keysProblem(text: string): string | null {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.some((part) => !written.test(part))) {
    return 'must be ID:KEY, several with commas between them, each KEY 32 random bytes in base64 (openssl rand -base64 32)';
  }
  const ids = parts.map((part) => part.split(':')[0]);
  return new Set(ids).size === ids.length ? null : 'has two keys with the same ID';
}

/** The first key seals; the others only open what they sealed before. Throws `SealError` when they can't be read. */
export function keyringOf(text: string): Keyring {
  const problem = keysProblem(text);
  if (problem !== null) throw new SealError(`The encryption keys: ${problem}`);
  const keys = new Map(
    text.split(',').map((part) => {
      const [, id = '', key = ''] = written.exec(part.trim()) ?? [];
      return [id, Buffer.from(key, 'base64')] as const;
    }),
  );
  const [current] = keys;
  if (!current) throw new SealError('There is no encryption key');
  return {
    seal(plain, purpose) {
      const [keyId, key] = current;
      const nonce = randomBytes(nonceBytes);
      const sealing = createCipheriv(cipher, key, nonce).setAAD(Buffer.from(purpose));
      return { keyId, bytes: Buffer.concat([nonce, sealing.update(plain), sealing.final(), sealing.getAuthTag()]) };
    },
    open({ keyId, bytes }, purpose) {
      const key = keys.get(keyId);
      if (!key) throw new SealError(`The key "${keyId}" is not among the encryption keys; add it behind the first one`);
      if (bytes.length < leastSealedBytes) throw new SealError('What is sealed here is cut off');
      const opening = createDecipheriv(cipher, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
        .setAAD(Buffer.from(purpose))
        .setAuthTag(bytes.subarray(-tagBytes));
      try {
        return Buffer.concat([opening.update(bytes.subarray(nonceBytes, -tagBytes)), opening.final()]);
      } catch (cause) {
        throw new SealError('What is sealed here was changed, or moved from where it belongs', { cause });
      }
    },
  };
}

/** The keys as they are written: the environment's, or this machine's own. */
export const keysOf = (config: { readonly encryptionKeys: string | undefined; readonly dataDir: string }): string =>
  config.encryptionKeys ?? localKeys(config.dataDir);

/**
 * Outside production a key is made once and kept in the data folder; of two that make one at the same time, one wins.
 * Throws `SetupError` when what is kept there is no key.
 */
export function localKeys(dataDir: string): string {
  const file = join(dataDir, 'encryption-keys');
  mkdirSync(dataDir, { recursive: true });
  try {
    writeFileSync(file, `local:${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const keys = readFileSync(file, 'utf8').trim();
  const problem = keysProblem(keys);
  if (problem === null) return keys;
  throw new SetupError(
    'DATA_DAMAGED',
    `${file} can't be used: it ${problem}.\n` +
      'Bring it back from a backup, or remove it and make new secrets for the webhooks, which only that key could read:\n' +
      `  rm ${file}`,
  );
}
