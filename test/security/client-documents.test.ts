/** Attacks by way of a client's metadata document: what the server may be made to fetch, and what it makes of it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { documentFetcher } from '../../src/oauth/client-document.ts';
import { isPublicAddress, publicOnly } from '../../src/platform/public-address.ts';
import { App } from '../oauth/app.ts';
import { Person } from '../oauth/person.ts';
import { ca, type DocumentServer, startDocumentServer } from '../support/document-server.ts';
import { startWorld, type World } from '../support/world.ts';
import { startSecondServer } from './second-server.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let world: World;
let site: DocumentServer;
let olivia: Person;
let answer: Answer;

const redirectUri = 'https://app.client.test/cb';
const documentOf = (request: IncomingMessage, changes: object = {}): string =>
  JSON.stringify({
    client_id: `${site.origin}${request.url}`,
    client_name: 'Document app',
    redirect_uris: [redirectUri],
    ...changes,
  });
const good: Answer = (request, response) => response.end(documentOf(request));

beforeAll(async () => {
  site = await startDocumentServer((request, response) => answer(request, response));
  world = await startWorld({ fetchDocument: site.fetchDocument });
  olivia = new Person(world.url);
  await olivia.signIn('olivia@acme.test');
});
afterAll(async () => {
  await world?.stop();
  await site?.stop();
});
let n = 0;
let app: App;
beforeEach(() => {
  answer = good;
  site.asked.length = 0;
  app = App.ofDocument(world.url, `${site.origin}/${++n}.json`, redirectUri);
});

describe('addresses', () => {
  test.each([
    '127.0.0.1',
    '127.255.255.254',
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '192.0.0.8',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'ff02::1',
    '2001:db8::1',
    '2001::1',
    '2002:7f00:1::',
    'no address',
  ])('%s is not the public internet', (address) => expect(isPublicAddress(address)).toBe(false));

  test.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450:4001::1'])('%s is', (address) =>
    expect(isPublicAddress(address)).toBe(true),
  );
});

describe('what may be fetched', () => {
  const port = () => new URL(site.origin).port;

  test('no address of this machine or network, however it is written', async () => {
    const fetchDocument = documentFetcher({ ca });
    for (const host of ['127.0.0.1', '[::1]', '[::ffff:7f00:1]', '0.0.0.0', '2130706433', '0x7f.1', '0177.0.0.1']) {
      const url = new URL(`https://${host}:${port()}/x`).href;
      await expect(fetchDocument(url), host).rejects.toThrow('not on the public internet');
    }
    await expect(fetchDocument('https://169.254.169.254/latest/meta-data')).rejects.toThrow('not on the public');
    expect(site.asked).toEqual([]);
  });

  test('no name that is this machine, by the resolver of the system', async () => {
    await expect(documentFetcher({ ca })(`https://localhost:${port()}/x`)).rejects.toThrow(
      'not on the public internet',
    );
    expect(site.asked).toEqual([]);
  });

  /** A name server under the attacker's control. */
  const resolver =
    (answers: readonly (readonly string[])[], asked: string[]): Parameters<typeof publicOnly>[0] =>
    (hostname, _options, done) => {
      asked.push(hostname);
      const addresses = answers[Math.min(asked.length, answers.length) - 1] ?? [];
      done(
        null,
        addresses.map((address) => ({ address, family: 4 })),
      );
    };

  test('no name with one private address among public ones', async () => {
    const asked: string[] = [];
    const fetchDocument = documentFetcher({
      ca,
      lookup: publicOnly(resolver([['93.184.215.14', '127.0.0.1']], asked)),
    });
    await expect(fetchDocument(`https://app.client.test:${port()}/x`)).rejects.toThrow('not on the public internet');
    expect(site.asked).toEqual([]);
  });

  test('a name that changes after it was looked at is connected to where it was looked at', async () => {
    const asked: string[] = [];
    const rebinding = resolver([['93.184.215.14'], ['127.0.0.1']], asked);
    const fetchDocument = documentFetcher({ ca, lookup: publicOnly(rebinding) });
    await expect(fetchDocument(`https://app.client.test:${port()}/x`)).rejects.toThrow();
    expect(asked).toEqual(['app.client.test']);
    expect(site.asked).toEqual([]);
  });

  test('over HTTP, the server as it is fetches nothing from here', async () => {
    const second = await startSecondServer(world);
    try {
      for (const host of ['localhost', '127.0.0.1', '[::1]']) {
        const target = App.ofDocument(second.url, `https://${host}:${port()}/x.json`, redirectUri);
        const page = await new Person(second.url).get(target.authorizePath());
        expect([page.status, page.to]).toEqual([400, null]);
        expect(page.html).toContain('not on the public internet');
      }
      expect(site.asked).toEqual([]);
    } finally {
      await second.stop();
    }
  });

  test.each([
    ['http', (origin: string) => `${origin.replace('https:', 'http:')}/x.json`],
    ['no path', (origin: string) => `${origin}/`],
    ['a user', (origin: string) => `${origin.replace('//', '//user:pw@')}/x.json`],
    ['a fragment', (origin: string) => `${origin}/x.json#y`],
    ['dots', (origin: string) => `${origin}/a/../x.json`],
    ['another scheme', () => 'file:///etc/passwd'],
    ['too many letters', (origin: string) => `${origin}/${'x'.repeat(2_000)}`],
  ])('an id with %s is no document', async (_what, idAt) => {
    const id = idAt(site.origin);
    const page = await olivia.get(App.ofDocument(world.url, id, redirectUri).authorizePath());
    expect([page.status, page.to]).toEqual([400, null]);
    expect(site.asked).toEqual([]);
  });
});

describe('what is answered', () => {
  const refused = async (words: string) => {
    const page = await olivia.get(app.authorizePath());
    expect([page.status, page.to]).toEqual([400, null]);
    expect(page.html).toContain(words);
  };

  test('a good one is asked about like any app', async () => {
    const page = await olivia.get(app.authorizePath());
    expect(page.status).toBe(200);
    expect(page.html).toContain('Document app');
    expect(page.html).toContain('app.client.test');
  });

  test('a redirect is not followed', async () => {
    answer = (request, response) =>
      request.url === '/elsewhere'
        ? good(request, response)
        : response.writeHead(302, { location: '/elsewhere' }).end();
    await refused('answers 302');
    expect(site.asked).not.toContain('/elsewhere');
  });

  test('one without end is cut off', async () => {
    let sent = 0;
    answer = (_request, response) => {
      const more = (): void => {
        while (!response.destroyed && sent < 50_000_000) {
          sent += 10_000;
          if (!response.write('x'.repeat(10_000))) return void response.once('drain', more);
        }
      };
      more();
    };
    await refused('larger than');
    expect(sent).toBeLessThan(50_000_000);
  });

  test('one that trickles is given up, and is no fault of the server', async () => {
    answer = (_request, response) => {
      const timer = setInterval(() => response.write(' '), 200);
      response.on('close', () => clearInterval(timer));
    };
    await refused('took too long');
  });

  test('one that never begins is given up', async () => {
    answer = () => undefined;
    await refused('took too long');
  });

  test('one that breaks off is no fault of the server', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{');
      setTimeout(() => response.destroy(), 20);
    };
    await refused('can not be reached');
  });

  test.each([
    ['no JSON', 'is no JSON', () => 'hello'],
    [
      'another client_id',
      'another client_id',
      (r: IncomingMessage) => documentOf(r, { client_id: 'https://claude.ai/x' }),
    ],
    ['no name', 'client_name', (r: IncomingMessage) => documentOf(r, { client_name: '' })],
    [
      'a script for a redirect',
      'redirect_uris',
      (r: IncomingMessage) => documentOf(r, { redirect_uris: ['javascript:x'] }),
    ],
    ['a plain redirect', 'redirect_uris', (r: IncomingMessage) => documentOf(r, { redirect_uris: ['http://a.test/'] })],
    [
      'a shared secret',
      'auth_method',
      (r: IncomingMessage) => documentOf(r, { token_endpoint_auth_method: 'client_secret_post' }),
    ],
    ['a page', 'answers 404', null],
  ] as const)('%s is refused', async (_what, words, text) => {
    answer = (request, response) => {
      if (text === null) response.writeHead(404).end();
      else response.end(text(request));
    };
    await refused(words);
  });

  test('a redirect URI that it does not name is shown and not redirected', async () => {
    const page = await olivia.get(app.authorizePath({ redirect_uri: 'https://evil.test/cb' }));
    expect([page.status, page.to]).toEqual([400, null]);
  });
});

describe('how long it holds', () => {
  test('it is fetched once while fresh, and anew after', async () => {
    answer = (request, response) => response.setHeader('cache-control', 'max-age=600').end(documentOf(request));
    for (let i = 0; i < 3; i++) expect((await olivia.get(app.authorizePath())).status).toBe(200);
    expect(site.asked.length).toBe(1);
    world.passTime(601_000);
    answer = (request, response) => response.end(documentOf(request, { redirect_uris: ['https://moved.test/cb'] }));
    expect((await olivia.get(app.authorizePath())).status).toBe(400);
    expect(site.asked.length).toBe(2);
  });

  test('a site that is down for a day ends no connection; after that it does', async () => {
    const tokens = await app.connect(olivia);
    answer = (_request, response) => response.writeHead(503).end();
    world.passTime(2 * 3_600_000);
    const again = await app.refresh(tokens.refresh_token);
    expect(again.status).toBe(200);
    world.passTime(86_400_000);
    const { refresh_token } = tokens;
    expect((await app.refresh(refresh_token)).error).toBe('invalid_client');
  });
});
