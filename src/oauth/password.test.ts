import { describe, expect, it } from 'vitest';
import { hashPassword, maxPasswordLength, verifyPassword } from './password.ts';

describe('a stored password', () => {
  it('is recognized, and no other is', async () => {
    const stored = await hashPassword('correct horse battery staple');
    expect(await verifyPassword('correct horse battery staple', stored)).toBe(true);
    expect(await verifyPassword('correct horse battery stapl', stored)).toBe(false);
    expect(await verifyPassword('Correct horse battery staple', stored)).toBe(false);
  });

  it('is salted, names its parameters, and does not hold the password', async () => {
    const one = await hashPassword('booflow-demo');
    expect(await hashPassword('booflow-demo')).not.toBe(one);
    expect(one).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(one).not.toContain('booflow-demo');
  });

  it('is read with the parameters it carries: a vector of RFC 7914', async () => {
    const base64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');
    const salt = base64(Buffer.from('SodiumChloride'));
    const hash =
      '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2' +
      'd5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887';
    const stored = `$scrypt$ln=14,r=8,p=1$${salt}$${base64(Buffer.from(hash, 'hex'))}`;
    expect(await verifyPassword('pleaseletmein', stored)).toBe(true);
    expect(await verifyPassword('pleaseletmeout', stored)).toBe(false);
  });

  it('is the same password in whatever code points a keyboard sends it', async () => {
    const stored = await hashPassword('caf\u00e9 noir');
    expect(await verifyPassword('cafe\u0301 noir', stored)).toBe(true);
  });

  it('that is damaged is an error, not a wrong password', async () => {
    const stored = await hashPassword('booflow-demo');
    for (const damaged of ['', 'booflow-demo', stored.slice(1), stored.slice(0, 40), stored.replace('ln=15', 'ln=x')]) {
      await expect(verifyPassword('booflow-demo', damaged)).rejects.toThrow('can not be read');
    }
  });
});

describe('no stored password', () => {
  it('takes no password', async () => {
    expect(await verifyPassword('booflow-demo', null)).toBe(false);
  });
});

describe('the length of a password', () => {
  it('has a limit on both ways in', async () => {
    const longest = 'x'.repeat(maxPasswordLength);
    const stored = await hashPassword(longest);
    expect(await verifyPassword(longest, stored)).toBe(true);
    expect(await verifyPassword(`${longest}x`, stored)).toBe(false);
    expect(await verifyPassword('', stored)).toBe(false);
    await expect(hashPassword(`${longest}x`)).rejects.toThrow(RangeError);
    await expect(hashPassword('')).rejects.toThrow(RangeError);
  });
});
