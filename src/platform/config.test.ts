import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ConfigError, readConfig, variableNames } from './config.ts';

const production = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://flows.example.com',
  DATABASE_URL: 'postgres://owner:pw@db.example.com/booflow',
  TEMPORAL_ADDRESS: 'temporal.example.com:7233',
  SMTP_URL: 'smtps://user:pw@smtp.example.com:465',
  BOOFLOW_ENCRYPTION_KEYS: `2026:${Buffer.alloc(32).toString('base64')}`,
  FILES_S3_BUCKET: 'booflow-files',
};

function problems(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((each) => `${each.variable} ${each.problem}`);
    throw error;
  }
  return [];
}

describe('readConfig', () => {
  test('with nothing set, everything is on this machine', () => {
    expect(readConfig({})).toMatchObject({
      env: 'development',
      host: '127.0.0.1',
      port: 3000,
      publicUrl: 'http://localhost:3000',
      temporalAddress: '127.0.0.1:7233',
      embedded: { postgres: true, temporal: true },
      smtpUrl: undefined,
    });
  });

  test('an empty variable counts as unset', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: ' ' })).toEqual(readConfig({}));
  });

  test('the addresses follow the ports', () => {
    const config = readConfig({ PORT: '4000', BOOFLOW_POSTGRES_PORT: '5555', BOOFLOW_TEMPORAL_PORT: '7555' });
    expect(config.publicUrl).toBe('http://localhost:4000');
    expect(new URL(config.databaseUrl).port).toBe('5555');
    expect(config.temporalAddress).toBe('127.0.0.1:7555');
  });

  test('production says what is missing, all at once, with examples and without values', () => {
    expect(problems({ NODE_ENV: 'production', PORT: '99999', BOOFLOW_METRICS_PORT: '65536' })).toEqual([
      'PORT must be a port number from 1 to 65535',
      'PUBLIC_URL is required in production',
      'DATABASE_URL is required in production',
      'TEMPORAL_ADDRESS is required in production',
      'SMTP_URL is required in production',
      'FILES_S3_BUCKET is required in production',
      'BOOFLOW_ENCRYPTION_KEYS is required in production',
      'BOOFLOW_METRICS_PORT must be a port number from 1 to 65535',
    ]);
    expect(() => readConfig({ ...production, DATABASE_URL: 'mysql://u:hunter2@h/d' })).toThrow(
      /DATABASE_URL must begin with postgres:\/\/ or postgresql:\/\/\. Example: DATABASE_URL=(?!.*hunter2)/,
    );
  });

  test('a whole production environment is accepted, with nothing embedded', () => {
    const config = readConfig(production);
    expect(config.embedded).toEqual({ postgres: false, temporal: false });
    expect(config.host).toBe('0.0.0.0');
    expect(config.mailFrom).toBe('Booflow <no-reply@flows.example.com>');
  });

  test('metrics are told to this machine alone, to who has a token, or where an address says', () => {
    const token = { BOOFLOW_METRICS_TOKEN: 'sixteen letters!' };
    const hostOf = (more: Record<string, string>) => readConfig({ ...production, ...more }).metricsHost;
    expect(hostOf({})).toBe('127.0.0.1');
    expect(hostOf(token)).toBe('0.0.0.0');
    expect(hostOf({ BOOFLOW_METRICS_HOST: '10.0.0.7' })).toBe('10.0.0.7');
    expect(hostOf({ ...token, BOOFLOW_METRICS_HOST: '10.0.0.7' })).toBe('10.0.0.7');
  });

  test.each([
    ['http://flows.example.com', 'PUBLIC_URL must be https, except on localhost'],
    ['http://localhost.example.com', 'PUBLIC_URL must be https, except on localhost'],
    ['https://flows.example.com/', 'PUBLIC_URL must not end with a slash'],
    ['https://flows.example.com/app', 'PUBLIC_URL must be scheme, host and port only, with no path'],
    ['flows.example.com', 'PUBLIC_URL is not a URL (wanted: https:// or http://…)'],
  ])('refuses the public address %s', (url, problem) => {
    expect(problems({ PUBLIC_URL: url })).toEqual([problem]);
  });

  test.each(['http://localhost:8080', 'http://127.0.0.1:8080', 'http://[::1]:8080', 'https://flows.example.com:8443'])(
    'takes the public address %s',
    (url) => expect(readConfig({ PUBLIC_URL: url }).publicUrl).toBe(url),
  );

  test('files are in a folder in development, and in a bucket or a named folder in production', () => {
    const place = (env: Record<string, string>) => readConfig(env).files;
    expect(place({ BOOFLOW_DATA_DIR: '/data' })).toEqual({ kind: 'disk', folder: '/data/files' });
    const { FILES_S3_BUCKET: _, ...rest } = production;
    expect(place({ ...rest, FILES_DIR: '/srv/files' })).toEqual({ kind: 'disk', folder: '/srv/files' });
    expect(place(production)).toEqual({
      ...{ kind: 's3', bucket: 'booflow-files', region: 'us-east-1' },
      ...{ endpoint: undefined, credentials: undefined },
    });
    const own = { FILES_S3_ENDPOINT: 'https://s3.example.com', FILES_S3_ACCESS_KEY_ID: 'K' };
    expect(problems({ ...production, ...own })).toEqual([
      'FILES_S3_SECRET_ACCESS_KEY is required with FILES_S3_ACCESS_KEY_ID',
    ]);
    expect(place({ ...production, ...own, FILES_S3_SECRET_ACCESS_KEY: 'S' })).toMatchObject({
      endpoint: 'https://s3.example.com',
      credentials: { accessKeyId: 'K', secretAccessKey: 'S' },
    });
  });

  test('refuses a Temporal address with a scheme, and a sender that is no address', () => {
    expect(problems({ TEMPORAL_ADDRESS: 'http://t:7233', MAIL_FROM: 'Booflow' })).toEqual([
      'TEMPORAL_ADDRESS must be host:port, with no scheme',
      'MAIL_FROM must be an address, with or without a name',
    ]);
  });
});

test('.env.example names every variable, and no other', () => {
  const text = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
  const named = [...text.matchAll(/^([A-Z0-9_]+)=/gm)].map((match) => match[1]);
  expect(named.sort()).toEqual([...variableNames].sort());
});
