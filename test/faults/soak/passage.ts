/** A way to a server over TCP that can be slow, closed, or silent. */
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../../src/platform/ports.ts';

/** `slow`: each piece of data comes that much later. `shut`: nobody listens. `silent`: taken, and never passed on. */
export type Manner =
  | { readonly kind: 'open' }
  | { readonly kind: 'slow'; readonly delayMs: number }
  | { readonly kind: 'shut' }
  | { readonly kind: 'silent' };

export interface Passage {
  readonly port: number;
  /** Changes what happens to data that comes from now on. Shutting it breaks off what is under way. */
  become(manner: Manner): Promise<void>;
  stop(): Promise<void>;
}

/** To a port of this machine. */
export async function openPassage(toPort: number): Promise<Passage> {
  const port = await freePort();
  const sockets = new Set<Socket>();
  let manner: Manner = { kind: 'open' };
  const waiting = new Set<() => void>();

  const heard = async (): Promise<void> => {
    while (manner.kind === 'silent') await new Promise<void>((resolve) => waiting.add(resolve));
    if (manner.kind === 'slow') await sleep(manner.delayMs);
  };
  const wake = (): void => {
    for (const go of waiting) go();
    waiting.clear();
  };
  /** In order, whatever the manner becomes meanwhile. */
  const pass = async (from: Socket, to: Socket): Promise<void> => {
    for await (const piece of from) {
      await heard();
      if (to.destroyed) return;
      if (!to.write(piece)) await new Promise((resolve) => to.once('drain', resolve).once('close', resolve));
    }
    to.end();
  };
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port: toPort, host: '127.0.0.1', allowHalfOpen: true });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      pass(one, other).catch(() => other.destroy()); // broken off: so is the other side
    }
  });
  const listen = (): Promise<void> => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  const shut = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await listen();
  return {
    port,
    async become(next) {
      const before = manner;
      manner = next;
      wake();
      if (next.kind === 'shut' && before.kind !== 'shut') await shut();
      if (next.kind !== 'shut' && before.kind === 'shut') await listen();
    },
    async stop() {
      manner = { kind: 'open' };
      wake();
      if (server.listening) await shut();
    },
  };
}
