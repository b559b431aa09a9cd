/** How Temporal is reached, by clients and workers alike: address, TLS, keys, and what is encrypted on the way. */
import { fileURLToPath } from 'node:url';
import {
  Client,
  Connection,
  type DataConverter,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
} from '@temporalio/client';
import type { Config } from './config.ts';
import { keyringOf } from './keyring.ts';
import { EncryptionCodec } from './payload-codec.ts';

export type TemporalTarget = Pick<Config, 'temporalAddress' | 'temporalNamespace'> &
  Partial<Pick<Config, 'temporalConnection' | 'payloadKeys'>>;

/** For `Connection` and `NativeConnection`. */
export const connectionOptions = ({ temporalAddress: address, temporalConnection }: TemporalTarget) => ({
  address,
  ...temporalConnection,
});

/** What hides the words of failures, where payloads are encrypted. */
export const failureConverterPath = fileURLToPath(new URL('./failure-converter.mjs', import.meta.url));

/** The same for clients, workers and their workflows. Undefined: Temporal's own, in the clear. */
export const dataConverterOf = ({ payloadKeys }: TemporalTarget): DataConverter | undefined =>
  payloadKeys === undefined
    ? undefined
    : {
        payloadCodecs: [new EncryptionCodec(keyringOf(payloadKeys))],
        failureConverterPath,
      };

const usual = defaultGrpcRetryOptions();
const isQueryRefused = ({ details }: { readonly details: string }): boolean => details.includes('query buffer is full');

/**
 * While a workflow's task is with its worker, Temporal holds one query for it, unless it is configured otherwise, and
 * refuses the rest as if it were overloaded, where the client would wait 1.7 s and more. The task is over within
 * milliseconds: asked again after 30 to 100 ms, for 10 s if nobody sets a deadline.
 */
const askAgainSoon = makeGrpcRetryInterceptor({
  retryableDecider: (attempt, status) =>
    isQueryRefused(status) ? attempt < 100 : usual.retryableDecider(attempt, status),
  delayFunction: (attempt, status) => usual.delayFunction(attempt, status) * (isQueryRefused(status) ? 0.02 : 1),
});

/** Made when first used, so that a server starts while Temporal is away. */
export function connectClient(target: TemporalTarget): Client {
  const connection = Connection.lazy({
    ...connectionOptions(target),
    connectTimeout: '5 seconds',
    interceptors: [askAgainSoon],
    // Else the tries after a long outage lie up to two minutes apart.
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': 500, 'grpc.max_reconnect_backoff_ms': 3_000 },
  });
  const dataConverter = dataConverterOf(target);
  return new Client({ connection, namespace: target.temporalNamespace, ...(dataConverter && { dataConverter }) });
}
