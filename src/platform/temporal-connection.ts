/** Connections to Temporal: the server's, made when first used, so that a server starts while Temporal is away. */
import { Client, Connection } from '@temporalio/client';
import type { Config } from './config.ts';

export function connectClient(config: Pick<Config, 'temporalAddress' | 'temporalNamespace'>): Client {
  const connection = Connection.lazy({ address: config.temporalAddress, connectTimeout: '5 seconds' });
  return new Client({ connection, namespace: config.temporalNamespace });
}
