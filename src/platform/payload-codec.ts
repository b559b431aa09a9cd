/** Encrypts what Temporal stores, with the keys of the keyring, which can be changed while flows live. */
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { type Keyring, leastSealedBytes } from './keyring.ts';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

/** Temporal's own words for what a codec encrypted. */
const encrypted = 'binary/encrypted';
const keyIdKey = 'encryption-key-id';
const purpose = 'temporal payload';

/** What is not encrypted passes as it is: flows that began before there were keys go on. */
export class EncryptionCodec implements PayloadCodec {
  readonly #keyring: Keyring;

  constructor(keyring: Keyring) {
    this.#keyring = keyring;
  }

  async encode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => {
      const { keyId, bytes } = this.#keyring.seal(PayloadMessage.encode(payload).finish(), purpose);
      return { metadata: { encoding: Buffer.from(encrypted), [keyIdKey]: Buffer.from(keyId) }, data: bytes };
    });
  }

  /**
   * Throws `SealError` when the key is missing, or what was sealed was altered: a flow waits until the key is back rather
   * than forget a command. What no key can have sealed passes as it is, or one such signal would stop its flow for ever.
   */
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => {
      const { metadata, data } = payload;
      if (!metadata?.encoding || Buffer.from(metadata.encoding).toString() !== encrypted) return payload;
      const keyId = Buffer.from(metadata[keyIdKey] ?? '').toString();
      const bytes = Buffer.from(data ?? '');
      if (keyId === '' || bytes.length < leastSealedBytes) return payload;
      return PayloadMessage.decode(this.#keyring.open({ keyId, bytes }, purpose));
    });
  }
}
