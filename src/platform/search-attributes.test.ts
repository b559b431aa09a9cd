import { Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sharedTemporal } from '../../test/support/servers.ts';
import { ensureSearchAttributes, type SearchAttributes } from './search-attributes.ts';

let connection: Connection;
let namespace: string;

beforeAll(async () => {
  const temporal = await sharedTemporal();
  namespace = temporal.namespace;
  connection = await Connection.connect({ address: temporal.address });
});
afterAll(() => connection.close());

const made = async (): Promise<string[]> =>
  Object.keys((await connection.operatorService.listSearchAttributes({ namespace })).customAttributes ?? {}).sort();

test('many at once make them once, and again changes nothing', async () => {
  const wanted: SearchAttributes = { EnsureTestWord: 'KEYWORD', EnsureTestMoment: 'DATETIME' };
  await Promise.all(Array.from({ length: 8 }, () => ensureSearchAttributes(connection, namespace, wanted)));
  expect(await made()).toEqual(expect.arrayContaining(Object.keys(wanted)));
  const before = await made();
  await ensureSearchAttributes(connection, namespace, wanted);
  expect(await made()).toEqual(before);
});

test('one of another type is told with the command that mends it', async () => {
  await ensureSearchAttributes(connection, namespace, { EnsureTestTyped: 'BOOL' });
  await expect(ensureSearchAttributes(connection, namespace, { EnsureTestTyped: 'KEYWORD' })).rejects.toThrow(
    /EnsureTestTyped .* is not of the type Keyword.*search-attribute remove --namespace default --name EnsureTestTyped/,
  );
});

test('what Temporal refuses to make is told with the commands for an operator', async () => {
  const tooMany: SearchAttributes = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`EnsureTestMany${i}`, 'DATETIME' as const]),
  );
  await expect(ensureSearchAttributes(connection, namespace, tooMany)).rejects.toThrow(
    /temporal operator search-attribute create --namespace default --name EnsureTestMany0 --type Datetime/,
  );
});
