/** What operations on erasures share. */
import { z } from 'zod';
import { limits } from '../domain/limits.ts';
import { addressOf } from './invitees.ts';
import { Refusal } from './refusal.ts';
import { quote } from './words.ts';

export const clientAddress = z.string().trim().min(1).max(limits.email).describe("The client's address");

/** As clients' addresses are kept. Throws a Refusal when it is none. */
export function needAddress(written: string): string {
  const address = addressOf(written);
  if (address === null)
    throw new Refusal('bad_input', `${quote(written)} is no mail address. Nothing changed.`, { field: 'email' });
  return address;
}

export const nobodyKnown = (address: string): Refusal =>
  new Refusal('not_found', `No flow of the organization knows a client with the address ${address}. Nothing changed.`);
