/** docker-compose.yml says what the product needs, in its own words: what it does not say, a container would miss. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readConfig } from '../../src/platform/config.ts';
import { ownConfig } from '../../src/platform/temporal-server.ts';

const file = new URL('../../docker-compose.yml', import.meta.url);
const compose = z
  .object({
    services: z.record(
      z.string(),
      z.object({
        environment: z.record(z.string(), z.string()).optional(),
        volumes: z.array(z.string()).default([]),
      }),
    ),
  })
  .parse(parse(readFileSync(file, 'utf8'), { merge: true }));

/** What docs/deploying.md has people put into .env, and nothing else. */
const dotEnv: Readonly<Record<string, string>> = {
  POSTGRES_PASSWORD: 'pw',
  BOOFLOW_ENCRYPTION_KEYS: `a:${Buffer.alloc(32, 1).toString('base64')}`,
};

/** As Compose fills in `${NAME:-otherwise}` and `${NAME:?why}`. */
const filled = (text: string): string =>
  text.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, how: string | undefined, rest: string) => {
    const value = dotEnv[name];
    if (value === undefined && how === '?') throw new Error(`${name} is not set: ${rest}`);
    return value ?? rest ?? '';
  });

test.each(['server', 'worker', 'migrate'])('%s finds its configuration whole', (name) => {
  const environment = Object.entries(compose.services[name]?.environment ?? {});
  const config = readConfig(Object.fromEntries(environment.map(([key, value]) => [key, filled(value)])));
  expect(config).toMatchObject({
    env: 'production',
    metricsPort: 9464,
    metricsHost: '0.0.0.0',
    temporalAddress: 'temporal:7233',
  });
  expect(config.payloadKeys).toBe(dotEnv.BOOFLOW_ENCRYPTION_KEYS);
});

test('the files of this folder that it shows to others are here, and where they are told to look', () => {
  const shown = Object.values(compose.services).flatMap(({ volumes }) => volumes.filter((v) => v.startsWith('./')));
  const parts = shown.map((volume) => volume.split(':'));
  expect(parts.map(([here = '']) => existsSync(new URL(here, file)))).toEqual(parts.map(() => true));
  expect(parts.map(([, there]) => there)).toEqual([compose.services.temporal?.environment?.DYNAMIC_CONFIG_FILE_PATH]);
});

test('its Temporal is configured as that of `npm start`', () => {
  const file = readFileSync(new URL('../../deploy/temporal.yml', import.meta.url), 'utf8');
  const read = z
    .record(z.string(), z.tuple([z.object({ value: z.union([z.number(), z.boolean()]) })]))
    .parse(parse(file));
  expect(Object.fromEntries(Object.entries(read).map(([name, [{ value }]]) => [name, String(value)]))).toEqual(
    ownConfig,
  );
});
