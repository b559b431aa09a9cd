/** Another server of the same deployment or beside it: on the world's database, with other settings. */
import { type AppOptions, buildApp } from '../../src/app.ts';
import { createLogger } from '../../src/platform/log.ts';
import { freePort } from '../../src/platform/ports.ts';
import type { World } from '../support/world.ts';

interface Settings
  extends Partial<Pick<AppOptions, 'limits' | 'fetchDocument' | 'trustedProxies' | 'publicUrl' | 'signUp'>> {
  /** Parts that it reaches by another way than the world does. */
  readonly tools?: Partial<AppOptions['tools']>;
}

/** `publicUrl` is where it listens unless another is given. */
export async function startSecondServer(world: World, { tools, ...settings }: Settings = {}) {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const app = await buildApp({
    log: createLogger({ env: 'test', logLevel: 'info' }, 'second', (line) => world.logs.push(line)),
    publicUrl: url,
    version: '0.0.0',
    dev: false,
    clock: world.authority.clock,
    trustedProxies: [],
    tools: { ...world.tools, ...tools, publicUrl: settings.publicUrl ?? url },
    signUp: 'open',
    // It tells of no news; what is asked of it is answered from the database.
    subscribe: () => () => undefined,
    readiness: async () => ({ ready: true, parts: {} }),
    sendSignInMail: (mail) => world.signInMails.push(mail),
    ...settings,
  });
  await app.listen({ host: '127.0.0.1', port });
  return { url, app, stop: () => app.close() };
}
