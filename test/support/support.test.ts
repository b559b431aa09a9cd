import pg from 'pg';
import { expect, test } from 'vitest';
import { freshDatabase } from './database.ts';
import { timeSkippingEnvironment } from './temporal.ts';

const rows = async (url: string, text: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
};

test('each database is migrated, and sees nothing of another', async () => {
  const [one, two] = await Promise.all([freshDatabase(), freshDatabase()]);
  try {
    await rows(one.url, `insert into orgs (id, slug, name) values ('org_1', 'one', 'One')`);
    expect(await rows(one.url, 'select slug from orgs')).toEqual([{ slug: 'one' }]);
    expect(await rows(two.url, 'select slug from orgs')).toEqual([]);
  } finally {
    await Promise.all([one.drop(), two.drop()]);
  }
  await expect(rows(one.url, 'select 1')).rejects.toThrow('does not exist');
});

test('a month goes by on the time-skipping server without waiting for it', async () => {
  const environment = await timeSkippingEnvironment();
  try {
    const before = await environment.currentTimeMs();
    await environment.sleep('30 days');
    expect((await environment.currentTimeMs()) - before).toBeGreaterThanOrEqual(30 * 86_400_000);
  } finally {
    await environment.teardown();
  }
});
