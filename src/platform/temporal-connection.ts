/** Connections to Temporal: the server's, made when first used, so that a server starts while Temporal is away. */
import { Client, Connection } from '@temporalio/client';
import type { Config } from './config.ts';

export function connectClient(config: Pick<Config, 'temporalAddress' | 'temporalNamespace'>): Client {
  const connection = Connection.lazy({
    address: config.temporalAddress,
    connectTimeout: '5 seconds',
    // Else the tries after a long outage lie up to two minutes apart.
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': 500, 'grpc.max_reconnect_backoff_ms': 3_000 },
  });
  return new Client({ connection, namespace: config.temporalNamespace });
}
