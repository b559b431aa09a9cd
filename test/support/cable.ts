/** What runs between a server and a part of it, and can be cut: the part is then really away, and comes back by itself. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface Cable {
  readonly port: number;
  /** Ends every connection, and refuses new ones. */
  cut(): void;
  mend(): void;
  remove(): void;
}

/** Passes everything that comes to a free port of this machine on to `host:port`. */
export async function layCable(host: string, port: number): Promise<Cable> {
  const open = new Set<Socket>();
  let whole = true;
  const server = createServer((near) => {
    if (!whole) return near.destroy();
    const far = connect(port, host);
    for (const [socket, other] of [[near, far] as const, [far, near] as const]) {
      open.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
    return near;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('No port was given');
  const cut = (): void => {
    whole = false;
    for (const socket of open) socket.destroy();
  };
  return {
    port: at.port,
    cut,
    mend() {
      whole = true;
    },
    remove() {
      cut();
      server.close();
    },
  };
}
