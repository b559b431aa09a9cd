/** People's passwords: stored as scrypt hashes that carry their own parameters, so these can be raised later. */
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

/** The longest password taken, in UTF-16 code units. */
export const maxPasswordLength = 512;

interface Cost {
  /** Binary logarithm of scrypt's N. */
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

/**
 * One of the settings OWASP holds equal to N=2^17, r=8, p=1. This one needs 32 MiB a hash instead of 128, so the
 * four that Node computes at once fit a small container.
 */
const cost: Cost = { ln: 15, r: 8, p: 3 };
const saltBytes = 16;
const hashBytes = 32;

/** Stands in for an account that does not exist: no password gives an all-zero hash. */
const nobody = encode(cost, Buffer.alloc(saltBytes), Buffer.alloc(hashBytes));

/**
 * What is stored in place of a password: `$scrypt$ln=…,r=…,p=…$salt$hash`.
 * Throws a RangeError when the password is empty or longer than `maxPasswordLength`.
 */
export async function hashPassword(password: string): Promise<string> {
  if (!hasUsableLength(password)) throw new RangeError(`A password has 1 to ${maxPasswordLength} characters.`);
  const salt = randomBytes(saltBytes);
  return encode(cost, salt, await derive(password, salt, cost, hashBytes));
}

/**
 * Is this the password that was stored? For an unknown account, or one without a password, pass null: the answer
 * is false after the same work, so its time does not tell who has an account. Throws when `stored` is no such hash.
 */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  if (!hasUsableLength(password)) return false;
  const { cost: storedCost, salt, hash } = decode(stored ?? nobody);
  const given = await derive(password, salt, storedCost, hash.length);
  return timingSafeEqual(given, hash) && stored !== null;
}

const hasUsableLength = (password: string): boolean => password.length > 0 && password.length <= maxPasswordLength;

/** NFKC: the same password typed on another keyboard may arrive as other code points. */
function derive(password: string, salt: Buffer, { ln, r, p }: Cost, length: number): Promise<Buffer> {
  const N = 2 ** ln;
  const options: ScryptOptions = { N, r, p, maxmem: 128 * r * (N + p + 2) };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, length, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

function encode({ ln, r, p }: Cost, salt: Buffer, hash: Buffer): string {
  return `$scrypt$ln=${ln},r=${r},p=${p}$${base64(salt)}$${base64(hash)}`;
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}

const format = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,})\$([A-Za-z0-9+/]{43,})$/;

function decode(stored: string): { cost: Cost; salt: Buffer; hash: Buffer } {
  const [, ln, r, p, salt, hash] = format.exec(stored) ?? [];
  if (!ln || !r || !p || !salt || !hash) throw new Error('A stored password hash can not be read.');
  return {
    cost: { ln: Number(ln), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  };
}

const shortest = 10;

/** Why a new password is not taken, as a sentence; null when it is. `about`: what anyone would try first. */
export function passwordProblem(password: string, about: readonly string[]): string | null {
  if (password.length < shortest)
    return `Choose a password of ${shortest} characters or more. A few words in a row are good.`;
  if (password.length > maxPasswordLength) return `A password has ${maxPasswordLength} characters at most.`;
  const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
  if (about.some((word) => same(word, password)) || new Set(password).size < 4)
    return 'That password is the first that anyone would try. Choose another.';
  return null;
}
