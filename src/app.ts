/** The web server as one Fastify app: every door, each in its own plugin. Listens to nothing by itself. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import helmet from '@fastify/helmet';
import serveStatic from '@fastify/static';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { apiPath } from './api/place.ts';
import { problemOf, sendProblem } from './api/problem.ts';
import { apiRoutes } from './api/routes.ts';
import { limits as longest } from './domain/limits.ts';
import { mcpRoute } from './mcp/route.ts';
import { makeViews } from './mcp/views.ts';
import type { Authority } from './oauth/authority.ts';
import { documentFetcher, type FetchDocument } from './oauth/client-document.ts';
import { oauthRoutes } from './oauth/routes.ts';
import type { SignInMail } from './oauth/sign-in.ts';
import type { Tools } from './operations/operation.ts';
import { FilesAway } from './platform/files/store.ts';
import type { Logger } from './platform/log.ts';
import { httpSeconds } from './platform/metrics.ts';
import { isDatabaseAway } from './platform/outage.ts';
import type { Readiness } from './platform/readiness.ts';
import { openSpan, runIn, type Span, withLogFields } from './platform/tracing.ts';
import { accountRoutes } from './web/account.tsx';
import { brandRoutes } from './web/brand.ts';
import { type CodecOptions, codecRoutes } from './web/codec.tsx';
import { consentRoutes } from './web/consent.tsx';
import { dataRoutes } from './web/data.tsx';
import { erasureRoutes } from './web/erasure.tsx';
import { flowRoutes } from './web/flows.ts';
import { homeRoutes } from './web/home.tsx';
import { importRoutes } from './web/imports.ts';
import { joinRoutes } from './web/join.tsx';
import { keptOf } from './web/kit/kept.tsx';
import { PageTrouble, sendTrouble, type Trouble, troubles, wantsPage } from './web/kit/trouble.tsx';
import { type LiveOptions, liveRoutes } from './web/live.ts';
import { mailboxRoutes } from './web/mailbox.tsx';
import { membersRoutes } from './web/members.ts';
import { organizationRoutes } from './web/organization.ts';
import { portalRoutes } from './web/portal.ts';
import { reminderRoutes } from './web/reminders.tsx';
import { settingsRoutes } from './web/settings.tsx';
import { signInRoutes } from './web/sign-in.tsx';
import { signUpRoutes } from './web/sign-up.tsx';
import { templateRoutes } from './web/templates.ts';
import { webhookRoutes } from './web/webhooks.ts';

export interface AppOptions {
  readonly log: Logger;
  readonly publicUrl: string;
  readonly version: string;
  /** Development: with the dev mailbox. */
  readonly dev: boolean;
  readonly tools: Omit<Tools, 'now'>;
  /** Milliseconds since 1970; the system's clock unless a test moves it. */
  readonly clock?: () => number;
  /** May anyone make an organization here? People who are invited join either way. */
  readonly signUp: 'open' | 'closed';
  readonly readiness: () => Promise<Readiness>;
  /** Calls back for each change in this org until the function that is given back is called. */
  readonly subscribe: LiveOptions['subscribe'];
  /** Sends the mail with the link to sign in, without being waited for. */
  readonly sendSignInMail: (mail: SignInMail) => void;
  /** How clients' metadata documents are fetched; from the public internet unless a test says otherwise. */
  readonly fetchDocument?: FetchDocument;
  /** Addresses and networks whose word on who is calling (`X-Forwarded-For`) is believed. */
  readonly trustedProxies: readonly string[];
  /** Reads for operators what Temporal stores encrypted; left out where nothing is, or nobody may. */
  readonly codec?: Pick<CodecOptions, 'keyring' | 'token' | 'origins'> | undefined;
  /** Requests that one address may make in a minute. */
  readonly limits?: Partial<Limits>;
}

interface Limits {
  readonly signIn: number;
  readonly token: number;
  readonly register: number;
  readonly authorize: number;
  readonly newLink: number;
  /** Of the REST API, by credential; `apiAddress` for those that have none. */
  readonly api: number;
  readonly apiAddress: number;
  /** Of MCP, by member; `mcpAddress` for those that have no credential: a client's own servers, for all its people. */
  readonly mcp: number;
  readonly mcpAddress: number;
  /** Live streams that one person may have open at a time. */
  readonly live: number;
}
/** How long a body without files may take to arrive. */
const bodyMs = 30_000;
const usualLimits: Limits = {
  ...{ signIn: 20, token: 120, register: 20, authorize: 60, newLink: 10 },
  ...{ api: 600, apiAddress: 120, mcp: 600, mcpAddress: 600, live: 30 },
};

export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { publicUrl, dev, version } = options;
  const log: FastifyBaseLogger = options.log;
  const clock = options.clock ?? Date.now;
  const tools = (): Tools => ({ ...options.tools, now: clock() });

  const app: FastifyInstance = Fastify({
    loggerInstance: log,
    bodyLimit: 256 * 1024,
    // A name stands in a path wherever an id does, each letter of it in up to twelve characters.
    routerOptions: { maxParamLength: 12 * longest.name },
    // A file of 25 MB may come by a slow line; whatever else is sent has `bodyMs`.
    requestTimeout: 600_000,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: [...options.trustedProxies],
    // An address that can't be decoded reaches no door.
    frameworkErrors: (error, request, reply) => {
      const why =
        "This address can't be read. It is too long, or its names are not percent-encoded in UTF-8 (RFC 3986 §2.5).";
      const answer: FastifyReply = reply;
      if (request.url.startsWith(apiPath)) sendProblem(answer, problemOf(publicUrl, 'bad_input', why));
      else
        answer
          .code(error.statusCode ?? 400)
          .type('text/plain')
          .send(why);
    },
  });
  app.addHook('onRequest', async (request) => {
    const { method, headers, raw } = request;
    if (method === 'GET' || method === 'HEAD' || headers['content-type']?.startsWith('multipart/form-data')) return;
    const slow = setTimeout(() => raw.destroy(), bodyMs);
    for (const end of ['end', 'close'] as const) raw.once(end, () => clearTimeout(slow));
  });
  let closes = false;
  app.addHook('preClose', async () => {
    closes = true;
  });
  app.addHook('onSend', async (_request, reply) => {
    // What is answered is someone's own, at times a secret; what may be kept says so itself.
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    // A connection that is idle only now would be waited for.
    if (closes) reply.header('connection', 'close');
  });
  // Everything that belongs to a request runs in its span, and its lines of the log say the trace.
  const spans = new WeakMap<FastifyRequest, Span>();
  app.addHook('onRequest', (request, _reply, done) => {
    const { traceparent } = request.headers;
    const route = request.routeOptions.url ?? 'unknown';
    const attributes = { 'http.request.method': request.method, 'http.route': route };
    const parent = typeof traceparent === 'string' ? traceparent : undefined;
    const { span, within } = openSpan(`${request.method} ${route}`, attributes, parent);
    spans.set(request, span);
    runIn(within, () => withLogFields({}, done));
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    httpSeconds.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1_000);
    const span = spans.get(request);
    span?.setAttribute('http.response.status_code', reply.statusCode);
    span?.end();
    if (request.url === '/healthz' || request.url === '/readyz') return;
    const { method, url } = request;
    request.log.info({ method, url, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'request');
  });
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    const asPage = wantsPage(request);
    // A page that failed keeps what was typed.
    const tell = async (trouble: Trouble) => {
      const told = trouble.status === 503 && request.url.startsWith('/portal') ? troubles.clients : trouble;
      return sendTrouble(reply, told, await keptOf(request, publicUrl).catch(() => null));
    };
    if (error instanceof PageTrouble) return tell(error.trouble);
    if (status === 429 && asPage) return tell({ status, title: 'That was too often', text: error.message });
    if (status < 500 && asPage) return tell({ status, title: "This can't be answered", text: error.message });
    if (status < 500)
      return reply.code(status).type('text/plain').send(`This request can't be answered: ${error.message}`);
    if (isDatabaseAway(error)) {
      request.log.warn({ err: error }, 'The database is away');
      reply.header('retry-after', '1');
      if (asPage) return tell(troubles.database);
      return reply.code(503).type('text/plain').send("Booflow's database is not answering. Try again in a moment.");
    }
    request.log.error({ err: error }, 'A request failed');
    if (error instanceof FilesAway && asPage) return tell(troubles.files);
    if (asPage) return tell(troubles.failed);
    return reply
      .code(500)
      .type('text/plain')
      .send('Booflow failed to answer. Nothing is known to have changed; try again.');
  });
  app.setNotFoundHandler((request, reply) =>
    wantsPage(request)
      ? sendTrouble(reply, troubles.notFound)
      : reply.code(404).type('text/plain').send('Nothing is at this address.'),
  );

  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        baseUri: ["'none'"],
        connectSrc: ["'self'"],
        fontSrc: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        imgSrc: ["'self'", 'data:'],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
      },
    },
    xFrameOptions: { action: 'deny' },
    // Not no-referrer: browsers would then send our own forms with `Origin: null`.
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: publicUrl.startsWith('https:') ? { maxAge: 31_536_000 } : false,
  });
  await app.register(cookie);
  await app.register(formbody);
  await app.register(serveStatic, {
    root: fileURLToPath(new URL('./web/assets', import.meta.url)),
    prefix: '/assets/',
    maxAge: dev ? 0 : '1h',
  });

  await app.register(serveStatic, {
    root: fileURLToPath(new URL('./files', import.meta.resolve('@fontsource-variable/inter'))),
    prefix: '/assets/fonts/',
    decorateReply: false,
    maxAge: '30d',
  });

  app.get('/healthz', () => ({ status: 'alive' }));
  app.get('/readyz', async (_request, reply) => {
    const readiness = await options.readiness();
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });
  const authority: Authority = { database: options.tools.database, clock, publicUrl };
  const fetchDocument = options.fetchDocument ?? documentFetcher();
  const limits = { ...usualLimits, ...options.limits };
  const { sendSignInMail } = options;
  const tokens = readFileSync(new URL('./web/assets/tokens.css', import.meta.url), 'utf8');
  const views = makeViews({ tokens, publicUrl });
  const mcpLimits = { member: limits.mcp, address: limits.mcpAddress };
  await app.register(mcpRoute, { tools, authority, views, version, limits: mcpLimits });
  const apiLimits = { credential: limits.api, address: limits.apiAddress };
  await app.register(apiRoutes, { tools, authority, version, limits: apiLimits });
  await app.register(oauthRoutes, { authority, fetchDocument, limits });
  await app.register(consentRoutes, { authority, fetchDocument, asksPerMinute: limits.authorize });
  await app.register(signInRoutes, {
    authority,
    sendSignInMail,
    signUp: options.signUp,
    triesPerMinute: limits.signIn,
  });
  const { signUp } = options;
  const { sendMail } = options.tools;
  await app.register(signUpRoutes, { authority, signUp, sendMail, triesPerMinute: limits.signIn });
  await app.register(joinRoutes, { authority, triesPerMinute: limits.signIn });
  await app.register(settingsRoutes, { authority });
  await app.register(accountRoutes, { authority, sendMail, triesPerMinute: limits.signIn });
  await app.register(membersRoutes, { authority, tools });
  await app.register(organizationRoutes, { authority, tools });
  await app.register(dataRoutes, { authority, tools });
  await app.register(erasureRoutes, { authority, tools });
  await app.register(flowRoutes, { authority, tools });
  await app.register(templateRoutes, { authority, tools });
  await app.register(importRoutes, { authority, tools });
  await app.register(webhookRoutes, { authority, tools });
  await app.register(liveRoutes, { authority, subscribe: options.subscribe, most: limits.live });
  await app.register(brandRoutes, { tools });
  await app.register(portalRoutes, { authority, tools, newLinksPerMinute: limits.newLink });
  await app.register(reminderRoutes, { authority, tools });
  await app.register(homeRoutes, { authority, dev, signUp });
  const { codec } = options;
  if (codec) await app.register(codecRoutes, { ...codec, publicUrl, clock, triesPerMinute: limits.signIn });
  if (dev) await app.register(mailboxRoutes, { tools });
  return app;
}
