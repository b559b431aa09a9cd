/** A port for operators' machines, apart from the one for people: metrics, and whether the process lives and can work. */

import { timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { Config } from './config.ts';
import type { Logger } from './log.ts';
import { registry } from './metrics.ts';
import type { Readiness } from './readiness.ts';
import { hashSecret } from './secrets.ts';

export interface OperatorPortOptions {
  readonly readiness: () => Promise<Readiness>;
  /** Takes what is only known at the moment of asking. */
  readonly measure?: () => void;
  /** More metrics in Prometheus' text format, such as Temporal's SDK gives. */
  readonly more?: () => Promise<string>;
  readonly log: Logger;
}

/** Opens the port when one is configured; gives how to close it. */
export async function operatorPort(
  config: Pick<Config, 'metricsHost' | 'metricsPort' | 'metricsToken'>,
  { readiness, measure, more, log }: OperatorPortOptions,
): Promise<() => Promise<void>> {
  const { metricsHost: host, metricsPort: port, metricsToken: token } = config;
  if (port === undefined) return async () => undefined;
  const isAllowed = (authorization: string | undefined): boolean =>
    token === undefined || timingSafeEqual(hashSecret(authorization ?? ''), hashSecret(`Bearer ${token}`));
  const answer = async (
    url: string,
    authorization: string | undefined,
  ): Promise<{ status: number; type: string; body: string }> => {
    switch (url) {
      case '/healthz':
        return { status: 200, type: 'application/json', body: '{"status":"alive"}' };
      case '/readyz': {
        const said = await readiness();
        return { status: said.ready ? 200 : 503, type: 'application/json', body: JSON.stringify(said) };
      }
      case '/metrics':
        if (!isAllowed(authorization))
          return { status: 401, type: 'text/plain', body: 'Send BOOFLOW_METRICS_TOKEN as a Bearer token.' };
        measure?.();
        return {
          status: 200,
          type: registry.contentType,
          body: (await registry.metrics()) + (more ? `\n${await more()}` : ''),
        };
      default:
        return { status: 404, type: 'text/plain', body: 'Nothing is at this address.' };
    }
  };
  const server = createServer((request, response) => {
    answer(request.url?.split('?')[0] ?? '', request.headers.authorization).then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      (err: unknown) => {
        log.error({ err }, 'An operator could not be answered');
        response.writeHead(500).end();
      },
    );
  });
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  log.info(`Metrics at http://${host}:${port}/metrics`);
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
}
