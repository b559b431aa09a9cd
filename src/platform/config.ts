/** The environment as one schema. Everything that is configured is named here and in `.env.example`. */
import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { loadEnvFile } from 'node:process';
import { type ClientConnectConfig, loadClientConnectConfig } from '@temporalio/envconfig';
import { z } from 'zod';
import type { S3Place } from './files/s3.ts';
import { keysProblem } from './keyring.ts';

const loopback = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Is this host name of this machine only, so that plain http is safe? */
export const isLoopback = (hostname: string): boolean => loopback.test(hostname);

const urlOf = (protocols: readonly string[]) =>
  z.string().superRefine((text, context) => {
    const wanted = protocols.map((protocol) => `${protocol}//`).join(' or ');
    if (!URL.canParse(text)) context.addIssue({ code: 'custom', message: `is not a URL (wanted: ${wanted}…)` });
    else if (!protocols.includes(new URL(text).protocol)) {
      context.addIssue({ code: 'custom', message: `must begin with ${wanted}` });
    }
  });

const portNumber = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port number')
  .transform(Number)
  .refine((value) => value >= 1 && value <= 65535, 'must be a port number from 1 to 65535');

const port = (fallback: number) => portNumber.default(fallback);

const word = (what: string) => z.string().regex(/^[\w.-]{1,200}$/, `must be ${what}: letters, digits, and . _ -`);

const publicUrl = urlOf(['https:', 'http:']).superRefine((text, context) => {
  if (!URL.canParse(text)) return;
  const url = new URL(text);
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    context.addIssue({ code: 'custom', message: 'must be https, except on localhost' });
  }
  if (text.endsWith('/')) context.addIssue({ code: 'custom', message: 'must not end with a slash' });
  else if (url.origin !== text.toLowerCase()) {
    context.addIssue({ code: 'custom', message: 'must be scheme, host and port only, with no path' });
  }
});

/** As `proxy-addr` has it: addresses, networks, and names for the private ones. */
const isNetwork = (text: string): boolean => {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true;
  const [address = '', bits] = text.split('/');
  const family = isIP(address);
  return family !== 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)));
};

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;

const required = 'is required in production';

/** Production must say where its parts are; elsewhere what is not said is started here. */
const environment = (production: boolean, filesOnDisk: boolean, metricsToken: boolean) => {
  const need = <T>(schema: z.ZodType<T>): z.ZodType<T | undefined> =>
    production
      ? z.custom<unknown>((value) => value !== undefined, { error: required, abort: true }).pipe(schema)
      : schema.optional();
  const bucket = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,62}$/, 'must be the name of a bucket');
  return z.object({
    NODE_ENV: z.enum(['development', 'production', 'test'], 'must be development, production or test'),
    HOST: z
      .string()
      .regex(/^[\w.:-]+$/, 'must be an address to listen on')
      .default(production ? '0.0.0.0' : '127.0.0.1'),
    PORT: port(3000),
    PUBLIC_URL: need(publicUrl),
    TRUSTED_PROXIES: z
      .string()
      .transform((text) => text.split(',').map((part) => part.trim()))
      .refine((parts) => parts.every(isNetwork), 'must be addresses or networks with commas between them')
      .default(['loopback', 'linklocal', 'uniquelocal']),
    DATABASE_URL: need(urlOf(['postgres:', 'postgresql:'])),
    TEMPORAL_ADDRESS: need(z.string().regex(/^(\[[\da-f:]+\]|[\w.-]+):\d{1,5}$/i, 'must be host:port, with no scheme')),
    TEMPORAL_NAMESPACE: word('a namespace').default('default'),
    BOOFLOW_ENCRYPT_TEMPORAL: z
      .enum(['on', 'off'], 'must be on or off')
      .transform((word) => word === 'on')
      .default(production),
    BOOFLOW_CODEC_TOKEN: z.string().min(32, 'must have 32 characters or more').optional(),
    BOOFLOW_CODEC_ORIGINS: z
      .string()
      .transform((text) => text.split(',').map((part) => part.trim()))
      .refine((parts) => parts.every(isOrigin), 'must be origins (scheme, host, port) with commas between them')
      .default([]),
    BOOFLOW_TASK_QUEUE: word('a name').default('booflow'),
    SMTP_URL: need(urlOf(['smtp:', 'smtps:'])),
    MAIL_FROM: z
      .string()
      .regex(/^([^<>\r\n]+<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/, 'must be an address, with or without a name')
      .optional(),
    SIGN_UP: z.enum(['open', 'closed'], 'must be open or closed').default('open'),
    FILES_S3_BUCKET: filesOnDisk ? bucket.optional() : need(bucket),
    FILES_S3_REGION: word('a region').default('us-east-1'),
    FILES_S3_ENDPOINT: urlOf(['https:', 'http:']).optional(),
    FILES_S3_ACCESS_KEY_ID: z.string().max(200).optional(),
    FILES_S3_SECRET_ACCESS_KEY: z.string().max(200).optional(),
    FILES_DIR: z.string().optional(),
    BOOFLOW_DATA_DIR: z.string().default('.booflow'),
    BOOFLOW_ENCRYPTION_KEYS: need(
      z.string().superRefine((text, context) => {
        const problem = keysProblem(text);
        if (problem !== null) context.addIssue({ code: 'custom', message: problem });
      }),
    ),
    BOOFLOW_TEMPORAL_PORT: port(7233),
    BOOFLOW_TEMPORAL_UI_PORT: port(8233),
    BOOFLOW_POSTGRES_PORT: port(54329),
    BOOFLOW_DRAIN_SECONDS: z
      .string()
      .regex(/^\d{1,3}$/, 'must be a number of seconds, 0 to 999')
      .transform(Number)
      .default(production ? 5 : 0),
    BOOFLOW_HOLD: z
      .enum(['on', 'off'], 'must be on or off')
      .transform((word) => word === 'on')
      .default(false),
    BOOFLOW_METRICS_PORT: portNumber.optional(),
    BOOFLOW_METRICS_HOST: z
      .string()
      .regex(/^[\w.:-]+$/, 'must be an address to listen on')
      // Without a token whoever reaches it is told: then that is this machine alone, unless an address is given.
      .default(production && metricsToken ? '0.0.0.0' : '127.0.0.1'),
    BOOFLOW_METRICS_TOKEN: z.string().min(16, 'must have 16 characters or more').optional(),
    OTEL_EXPORTER_OTLP_ENDPOINT: urlOf(['http:', 'https:']).optional(),
    LOG_LEVEL: z
      .enum(
        ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
        'must be fatal, error, warn, info, debug, trace or silent',
      )
      .default('info'),
  });
};

type Environment = z.infer<ReturnType<typeof environment>>;

const examples: Readonly<Record<keyof Environment, string>> = {
  NODE_ENV: 'production',
  HOST: '127.0.0.1',
  PORT: '3000',
  PUBLIC_URL: 'https://booflow.example.com',
  TRUSTED_PROXIES: 'loopback,uniquelocal,198.51.100.0/24',
  DATABASE_URL: 'postgres://booflow:PASSWORD@db.example.com:5432/booflow',
  TEMPORAL_ADDRESS: 'temporal.example.com:7233',
  TEMPORAL_NAMESPACE: 'default',
  BOOFLOW_ENCRYPT_TEMPORAL: 'on',
  BOOFLOW_CODEC_TOKEN: 'A_LONG_RANDOM_TEXT',
  BOOFLOW_CODEC_ORIGINS: 'https://temporal.example.com',
  BOOFLOW_TASK_QUEUE: 'booflow',
  SMTP_URL: 'smtps://USER:PASSWORD@smtp.example.com:465',
  MAIL_FROM: 'Booflow <no-reply@example.com>',
  SIGN_UP: 'closed',
  FILES_S3_BUCKET: 'booflow-files',
  FILES_S3_REGION: 'eu-central-1',
  FILES_S3_ENDPOINT: 'https://s3.example.com',
  FILES_S3_ACCESS_KEY_ID: 'KEY',
  FILES_S3_SECRET_ACCESS_KEY: 'SECRET',
  FILES_DIR: '/var/lib/booflow/files',
  BOOFLOW_DATA_DIR: '.booflow',
  BOOFLOW_ENCRYPTION_KEYS: '2026:THE_OUTPUT_OF_openssl_rand_-base64_32',
  BOOFLOW_TEMPORAL_PORT: '7233',
  BOOFLOW_TEMPORAL_UI_PORT: '8233',
  BOOFLOW_POSTGRES_PORT: '54329',
  BOOFLOW_DRAIN_SECONDS: '5',
  BOOFLOW_HOLD: 'on',
  BOOFLOW_METRICS_PORT: '9464',
  BOOFLOW_METRICS_HOST: '127.0.0.1',
  BOOFLOW_METRICS_TOKEN: 'A_LONG_RANDOM_TEXT',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example.com:4318',
  LOG_LEVEL: 'info',
};

/**
 * What Temporal's own tools read too, besides the address and the namespace; with any number of `TEMPORAL_GRPC_META_…`.
 * The names are those of https://docs.temporal.io/develop/environment-configuration.
 */
const connectionVariables = [
  'TEMPORAL_CONFIG_FILE',
  'TEMPORAL_PROFILE',
  'TEMPORAL_API_KEY',
  'TEMPORAL_TLS',
  'TEMPORAL_TLS_SERVER_NAME',
  'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
  'TEMPORAL_TLS_SERVER_CA_CERT_DATA',
  'TEMPORAL_TLS_CLIENT_CERT_PATH',
  'TEMPORAL_TLS_CLIENT_CERT_DATA',
  'TEMPORAL_TLS_CLIENT_KEY_PATH',
  'TEMPORAL_TLS_CLIENT_KEY_DATA',
] as const;

/** The name of every variable Booflow reads. */
export const variableNames: readonly string[] = [
  ...Object.keys(environment(false, false, false).shape),
  ...connectionVariables,
];

/** How Temporal is reached, besides address and namespace. */
export type TemporalConnection = Pick<ClientConnectConfig['connectionOptions'], 'apiKey' | 'tls' | 'metadata'>;

export interface Config {
  readonly env: 'development' | 'production' | 'test';
  /** The address the web server listens on. */
  readonly host: string;
  readonly port: number;
  /** Where people and clients reach this server: scheme, host and port, no slash at the end. */
  readonly publicUrl: string;
  /** Addresses and networks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** Of the role that owns the tables. The embedded server's own when none was given. */
  readonly databaseUrl: string;
  /** host:port. The dev server's own when none was given. */
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  readonly temporalConnection: TemporalConnection;
  /** What encrypts all that Temporal stores: for `keyringOf`. Undefined: whoever reads its store can read it. */
  readonly payloadKeys: string | undefined;
  /** Undefined: the server decodes nothing for Temporal's Web UI and CLI. */
  readonly codecToken: string | undefined;
  /** Where Temporal's Web UI is. */
  readonly codecOrigins: readonly string[];
  readonly taskQueue: string;
  /** Undefined: mail goes to the dev mailbox. Never so in production. */
  readonly smtpUrl: string | undefined;
  readonly mailFrom: string;
  /** For secrets that must be read again: `keyringOf` reads them. Undefined: one in the data folder. Never so in production. */
  readonly encryptionKeys: string | undefined;
  /** May anyone who comes by make an organization? */
  readonly signUp: 'open' | 'closed';
  /** Absolute. What runs embedded keeps its data here. */
  readonly dataDir: string;
  /** Which parts `npm start` runs itself, because no address of theirs was given. */
  readonly embedded: { readonly postgres: boolean; readonly temporal: boolean };
  readonly postgresPort: number;
  readonly temporalPort: number;
  readonly temporalUiPort: number;
  /** How long the server goes on taking requests once it has said that it is stopping, in milliseconds. */
  readonly drainMs: number;
  /** Workers tell what flows are, and do nothing: what was restored is looked at before it goes on. */
  readonly hold: boolean;
  /** Undefined: no port for operators' machines. */
  readonly metricsPort: number | undefined;
  readonly metricsHost: string;
  readonly metricsToken: string | undefined;
  /** Where traces go, as OTLP over HTTP. Undefined: nowhere. */
  readonly otlpEndpoint: string | undefined;
  readonly logLevel: Environment['LOG_LEVEL'];
  /** Where people's files are kept. */
  readonly files: FilesPlace;
}

/** A folder (absolute), or a bucket. */
export type FilesPlace = { readonly kind: 'disk'; readonly folder: string } | ({ readonly kind: 's3' } & S3Place);

export interface ConfigProblem {
  readonly variable: string;
  /** Reads on after the variable's name. Never holds the value: it may be a secret. */
  readonly problem: string;
  readonly example: string;
}

/** The environment can't be used as it is; the message lists everything that is wrong. */
export class ConfigError extends Error {
  readonly code = 'CONFIG';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(
      [
        'The configuration is not usable. Set these in the environment or in .env:',
        ...problems.map(
          ({ variable, problem, example }) => `  ${variable} ${problem}. Example: ${variable}=${example}`,
        ),
      ].join('\n'),
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** The address of the embedded PostgreSQL. It listens on this machine only, so its password is no secret. */
export const embeddedDatabaseUrl = (postgresPort: number): string =>
  `postgres://booflow:booflow@127.0.0.1:${postgresPort}/booflow`;

/** Reads the configuration. An empty variable counts as unset. Throws `ConfigError`. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given: Record<string, string> = {};
  for (const name of variableNames) {
    const value = env[name]?.trim();
    if (value) given[name] = value;
  }
  const { connectionOptions, namespace } = connectionOf(env, given);
  const { address, apiKey, tls, metadata } = connectionOptions;
  if (address) given.TEMPORAL_ADDRESS = address;
  if (namespace) given.TEMPORAL_NAMESPACE = namespace;
  const onDisk = given.FILES_DIR !== undefined;
  const parsed = environment(
    given.NODE_ENV === 'production',
    onDisk,
    given.BOOFLOW_METRICS_TOKEN !== undefined,
  ).safeParse({ NODE_ENV: 'development', ...given });
  if (!parsed.success) throw new ConfigError(problemsOf(parsed.error));
  const read = parsed.data;
  if (read.BOOFLOW_ENCRYPT_TEMPORAL && read.BOOFLOW_ENCRYPTION_KEYS === undefined) {
    const variable = 'BOOFLOW_ENCRYPTION_KEYS';
    const problem = 'is required with BOOFLOW_ENCRYPT_TEMPORAL=on';
    throw new ConfigError([{ variable, problem, example: examples[variable] }]);
  }
  if ((read.FILES_S3_ACCESS_KEY_ID === undefined) !== (read.FILES_S3_SECRET_ACCESS_KEY === undefined)) {
    const names = ['FILES_S3_ACCESS_KEY_ID', 'FILES_S3_SECRET_ACCESS_KEY'] as const;
    const [variable, other] = read[names[0]] === undefined ? names : ([names[1], names[0]] as const);
    throw new ConfigError([{ variable, problem: `is required with ${other}`, example: examples[variable] }]);
  }
  const url = read.PUBLIC_URL ?? `http://localhost:${read.PORT}`;
  return {
    env: read.NODE_ENV,
    host: read.HOST,
    port: read.PORT,
    publicUrl: url,
    trustedProxies: read.TRUSTED_PROXIES,
    databaseUrl: read.DATABASE_URL ?? embeddedDatabaseUrl(read.BOOFLOW_POSTGRES_PORT),
    temporalAddress: read.TEMPORAL_ADDRESS ?? `127.0.0.1:${read.BOOFLOW_TEMPORAL_PORT}`,
    temporalNamespace: read.TEMPORAL_NAMESPACE,
    temporalConnection: { apiKey, tls, metadata },
    payloadKeys: read.BOOFLOW_ENCRYPT_TEMPORAL ? read.BOOFLOW_ENCRYPTION_KEYS : undefined,
    codecToken: read.BOOFLOW_CODEC_TOKEN,
    codecOrigins: read.BOOFLOW_CODEC_ORIGINS,
    taskQueue: read.BOOFLOW_TASK_QUEUE,
    smtpUrl: read.SMTP_URL,
    mailFrom: read.MAIL_FROM ?? `Booflow <no-reply@${new URL(url).hostname}>`,
    encryptionKeys: read.BOOFLOW_ENCRYPTION_KEYS,
    signUp: read.SIGN_UP,
    dataDir: resolve(read.BOOFLOW_DATA_DIR),
    embedded: { postgres: read.DATABASE_URL === undefined, temporal: read.TEMPORAL_ADDRESS === undefined },
    postgresPort: read.BOOFLOW_POSTGRES_PORT,
    temporalPort: read.BOOFLOW_TEMPORAL_PORT,
    temporalUiPort: read.BOOFLOW_TEMPORAL_UI_PORT,
    drainMs: read.BOOFLOW_DRAIN_SECONDS * 1_000,
    hold: read.BOOFLOW_HOLD,
    metricsPort: read.BOOFLOW_METRICS_PORT,
    metricsHost: read.BOOFLOW_METRICS_HOST,
    metricsToken: read.BOOFLOW_METRICS_TOKEN,
    otlpEndpoint: read.OTEL_EXPORTER_OTLP_ENDPOINT,
    logLevel: read.LOG_LEVEL,
    files: filesPlace(read),
  };
}

function filesPlace(read: Environment): FilesPlace {
  const { FILES_S3_BUCKET: bucket, FILES_S3_ACCESS_KEY_ID: id, FILES_S3_SECRET_ACCESS_KEY: secret } = read;
  if (bucket === undefined) {
    return { kind: 'disk', folder: resolve(read.FILES_DIR ?? join(read.BOOFLOW_DATA_DIR, 'files')) };
  }
  const credentials =
    id === undefined || secret === undefined ? undefined : { accessKeyId: id, secretAccessKey: secret };
  return { kind: 's3', bucket, region: read.FILES_S3_REGION, endpoint: read.FILES_S3_ENDPOINT, credentials };
}

/**
 * A profile of a file is read when one is named: what a developer's own file says of another Temporal is none of ours.
 * What the environment says goes before it.
 */
function connectionOf(
  env: Readonly<Record<string, string | undefined>>,
  given: Readonly<Record<string, string>>,
): ClientConnectConfig {
  const named = Object.entries(env).flatMap(([name, value]) =>
    name.startsWith('TEMPORAL_GRPC_META_') && value ? [[name, value] as const] : [],
  );
  const ours = Object.entries(given).filter(([name]) => name.startsWith('TEMPORAL_'));
  const wantsFile = given.TEMPORAL_CONFIG_FILE !== undefined || given.TEMPORAL_PROFILE !== undefined;
  try {
    const read = loadClientConnectConfig({
      overrideEnvVars: Object.fromEntries([...named, ...ours]),
      disableFile: !wantsFile,
      configFileStrict: true,
    });
    const { address, apiKey, tls } = read.connectionOptions;
    if (!address && (apiKey !== undefined || tls)) {
      const problem = 'is required with an API key or TLS';
      throw new ConfigError([{ variable: 'TEMPORAL_ADDRESS', problem, example: examples.TEMPORAL_ADDRESS }]);
    }
    return read;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const problem = `and the other TEMPORAL_ variables can't be used: ${error instanceof Error ? error.message : String(error)}`;
    throw new ConfigError([{ variable: 'TEMPORAL_CONFIG_FILE', problem, example: '/etc/booflow/temporal.toml' }]);
  }
}

/** Reads `.env` in the working directory into `process.env` when there is one; what is set already stays. */
export function loadDotEnv(): void {
  const file = resolve('.env');
  if (existsSync(file)) loadEnvFile(file);
}

function problemsOf(error: z.ZodError): readonly ConfigProblem[] {
  return error.issues.map((issue) => {
    const variable = String(issue.path[0]);
    const example = Object.entries(examples).find(([name]) => name === variable)?.[1] ?? '';
    return { variable, problem: issue.message, example };
  });
}
