/** A real SMTP server in this process, as small as it can be, that can misbehave. */
import { createServer, type Socket } from 'node:net';
import { freePort } from '../../src/platform/ports.ts';

export interface ReceivedMail {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly to: readonly string[];
  /** Headers and body as they came, lines ended by \r\n. */
  readonly data: string;
}

/**
 * `refuse`: no to every recipient. `defer`: try again later. `silent`: never greets. `hang`: takes the mail's text and
 * says nothing. `drip`: answers each command, but a second late. `hang up`: takes the mail, and breaks off unanswered.
 */
export type Temper = 'accept' | 'refuse' | 'defer' | 'silent' | 'hang' | 'drip' | 'hang up';

export interface MailServer {
  readonly url: string;
  readonly received: ReceivedMail[];
  /** Connections that are open now. */
  readonly connections: ReadonlySet<Socket>;
  temper: Temper;
  stop(): Promise<void>;
}

export async function startMailServer(): Promise<MailServer> {
  const port = await freePort();
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    socket.on('error', () => socket.destroy());
    converse(socket, state);
  });
  const state: MailServer = {
    url: `smtp://127.0.0.1:${port}`,
    received: [],
    connections,
    temper: 'accept',
    async stop() {
      for (const socket of connections) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return state;
}

function converse(socket: Socket, server: MailServer): void {
  let to: string[] = [];
  let text: string | null = null;
  let rest = '';
  const say = (line: string): void => {
    const answer = (): boolean => socket.destroyed || socket.write(`${line}\r\n`);
    if (server.temper === 'drip') setTimeout(answer, 1_000);
    else answer();
  };
  const taken = (): void => {
    if (server.temper === 'hang' || text === null) return;
    server.received.push({ at: Date.now(), to, data: text });
    to = [];
    text = null;
    if (server.temper === 'hang up') socket.destroy();
    else say('250 taken');
  };
  const heed = (line: string): void => {
    if (text !== null) {
      if (line === '.') taken();
      else text += `${line.replace(/^\./, '')}\r\n`;
      return;
    }
    const verb = line.split(/[ :]/)[0]?.toUpperCase();
    if (verb === 'QUIT') socket.end('221 bye\r\n');
    else if (verb === 'RCPT' && server.temper === 'refuse') say('550 no such mailbox');
    else if (verb === 'RCPT' && server.temper === 'defer') say('451 try again later');
    else if (verb === 'DATA') {
      text = '';
      say('354 go on');
    } else {
      if (verb === 'RCPT') to.push(/<(.*)>/.exec(line)?.[1] ?? '');
      say('250 ok');
    }
  };
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\r\n');
    rest = lines.pop() ?? '';
    for (const line of lines) heed(line);
  });
  if (server.temper !== 'silent') say('220 mail.test ESMTP');
}
