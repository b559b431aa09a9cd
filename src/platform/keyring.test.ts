import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../test/support/folder.ts';
import { keyringOf, keysProblem, localKeys, SealError } from './keyring.ts';

const key = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
const [old, fresh] = [key('2025'), key('2026')];

describe('a keyring', () => {
  test('gives back what it sealed, and no two sealed texts are alike', () => {
    const ring = keyringOf(old);
    fc.assert(
      fc.property(fc.uint8Array(), fc.string(), (plain, purpose) => {
        const [one, other] = [ring.seal(plain, purpose), ring.seal(plain, purpose)];
        expect(ring.open(one, purpose)).toEqual(Buffer.from(plain));
        expect(one.bytes.equals(other.bytes)).toBe(false);
      }),
    );
  });

  test('seals with the first key and still opens what an older one sealed', () => {
    const before = keyringOf(old).seal(Buffer.from('secret'), 'here');
    const ring = keyringOf(`${fresh}, ${old}`);
    expect(ring.open(before, 'here').toString()).toBe('secret');
    expect(ring.seal(Buffer.from('secret'), 'here').keyId).toBe('2026');
    expect(() => keyringOf(fresh).open(before, 'here')).toThrow(/"2025" is not among the encryption keys/);
  });

  test('opens nothing that was changed, cut off, or moved', () => {
    const ring = keyringOf(old);
    const sealed = ring.seal(Buffer.from('secret'), 'here');
    for (let at = 0; at < sealed.bytes.length; at++) {
      const bytes = Buffer.from(sealed.bytes);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      expect(() => ring.open({ ...sealed, bytes }, 'here')).toThrow(SealError);
    }
    expect(() => ring.open(sealed, 'there')).toThrow(/moved from where it belongs/);
    expect(() => ring.open({ ...sealed, bytes: sealed.bytes.subarray(0, 20) }, 'here')).toThrow(/cut off/);
  });

  test('is read from the environment, and what is wrong there is said', () => {
    expect(keysProblem(`${fresh},${old}`)).toBeNull();
    expect(keysProblem('2026:short')).toMatch(/32 random bytes in base64/);
    expect(keysProblem(`${old},${old}`)).toMatch(/same ID/);
    expect(() => keyringOf('')).toThrow(SealError);
  });

  test('of a developer is made once', () => {
    const folder = temporaryFolder();
    expect(keysProblem(localKeys(folder))).toBeNull();
    expect(localKeys(folder)).toBe(localKeys(folder));
  });

  test('of a developer that is damaged is told, with where it is and what to do', () => {
    const file = join(temporaryFolder(), 'encryption-keys');
    writeFileSync(file, 'rubbish');
    expect(() => localKeys(dirname(file))).toThrow(
      expect.objectContaining({ code: 'DATA_DAMAGED', message: expect.stringContaining(`rm ${file}`) }),
    );
  });
});
