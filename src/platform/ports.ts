/** Ports are looked at before anything is started, so that an error comes first and names the variable to set. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { SetupError } from './setup-error.ts';

export interface WantedPort {
  readonly port: number;
  /** The variable that sets it. */
  readonly variable: string;
  /** Where it will be listened on. */
  readonly host: string;
}

/** Throws `SetupError` that names each port which can't be had, and the variable to set to another. */
export async function requirePorts(wanted: readonly WantedPort[]): Promise<void> {
  const problems: string[] = [];
  for (const [index, { port, variable, host }] of wanted.entries()) {
    const twin = wanted.slice(0, index).find((other) => other.port === port);
    if (twin) {
      problems.push(`${twin.variable} and ${variable} are both ${port}. Give each a port of its own.`);
      continue;
    }
    const obstacle = await whatBlocks(port, host);
    if (obstacle === 'EADDRINUSE') {
      problems.push(`Port ${port} is in use. Stop what uses it, or set ${variable} to another.`);
    } else if (obstacle === 'EACCES') {
      problems.push(`Port ${port} may not be used by this account. Set ${variable} to another, above 1023.`);
    } else if (obstacle) {
      problems.push(`Port ${port} can't be listened on (${obstacle}). Set ${variable} to another.`);
    }
  }
  if (problems.length > 0) throw new SetupError('PORT_IN_USE', problems.join('\n'));
}

/** Below those that systems give to outgoing connections, one of which could have it before it is listened on. */
const [firstPort, lastPort] = [20_000, 32_000];

/** A port of 127.0.0.1 that nobody uses at this moment. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(firstPort, lastPort);
    if ((await whatBlocks(port, '127.0.0.1')) === undefined) return port;
  }
  throw new SetupError('PORT_IN_USE', `No port between ${firstPort} and ${lastPort} can be listened on.`);
}

/** "localhost" may mean either loopback address, so both must be free. */
async function whatBlocks(port: number, host: string): Promise<string | undefined> {
  const hosts = host === '127.0.0.1' ? [host, '::1'] : [host];
  for (const each of hosts) {
    const obstacle = await tryListen(port, each);
    const noSuchAddress = obstacle === 'EADDRNOTAVAIL' || obstacle === 'EAFNOSUPPORT';
    if (obstacle && !(noSuchAddress && each === '::1')) return obstacle;
  }
  return undefined;
}

function tryListen(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
