import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePort, requirePorts } from './ports.ts';

const host = '127.0.0.1';

test('names every port that is taken and the variable that sets it', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, host, resolve));
  const address = taken.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const free = await freePort();
  try {
    await expect(
      requirePorts([
        { port, variable: 'PORT', host },
        { port: free, variable: 'BOOFLOW_TEMPORAL_PORT', host },
        { port: free, variable: 'BOOFLOW_POSTGRES_PORT', host },
      ]),
    ).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message:
        `Port ${port} is in use. Stop what uses it, or set PORT to another.\n` +
        `BOOFLOW_TEMPORAL_PORT and BOOFLOW_POSTGRES_PORT are both ${free}. Give each a port of its own.`,
    });
  } finally {
    taken.close();
  }
});

test('a free port passes, is free still, and is none that an outgoing connection may get', async () => {
  const port = await freePort();
  expect(port).toBeLessThan(32_768);
  await requirePorts([{ port, variable: 'PORT', host }]);
  await requirePorts([{ port, variable: 'PORT', host: '0.0.0.0' }]);
});
