import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/support/folder.ts';
import { type S3Server, startS3Server } from '../../../test/support/s3-server.ts';
import { diskStore } from './disk.ts';
import { FileTooLarge, Measure } from './measure.ts';
import { s3Store } from './s3.ts';
import { FileMissing, type FileStore } from './store.ts';

let server: S3Server;
const folder = temporaryFolder();
const stores: Record<string, { store: FileStore; folder: string }> = {};

beforeAll(async () => {
  server = await startS3Server();
  const { endpoint, bucket, credentials } = server;
  stores.disk = { store: diskStore(folder), folder };
  stores.s3 = { store: s3Store({ bucket, region: 'us-east-1', endpoint, credentials }), folder: server.folder };
});
afterAll(() => server?.stop());

/** Every file that really is there. */
const there = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e) => join(e.parentPath, e.name).slice(root.length + 1))
    .toSorted();

describe.each(['disk', 's3'])('the file store on %s', (kind) => {
  const place = () => {
    const found = stores[kind];
    if (!found) throw new Error(`No store on ${kind}`);
    return found;
  };
  const read = async (key: string): Promise<Buffer> => buffer(await place().store.get(key));

  it('keeps bytes under a key, gives them back, replaces them, deletes them', async () => {
    const { store, folder: root } = place();
    await store.put('or_a/fl_1/fi_1', Readable.from([Buffer.from('one')]));
    expect((await read('or_a/fl_1/fi_1')).toString()).toBe('one');
    await store.put('or_a/fl_1/fi_1', Readable.from([Buffer.from('two')]));
    expect((await read('or_a/fl_1/fi_1')).toString()).toBe('two');
    expect(there(root)).toEqual(['or_a/fl_1/fi_1']);
    await store.delete('or_a/fl_1/fi_1');
    await store.delete('or_a/fl_1/fi_1');
    expect(there(root)).toEqual([]);
    await expect(store.get('or_a/fl_1/fi_1')).rejects.toBeInstanceOf(FileMissing);
  });

  it('keeps 25 MiB as they came, measured on their way', async () => {
    const { store } = place();
    const bytes = randomBytes(25 * 1024 * 1024);
    const chunks = Array.from({ length: 400 }, (_, i) => bytes.subarray(i * 65_536, (i + 1) * 65_536));
    const measure = new Measure(bytes.length);
    await store.put('large', Readable.from(chunks).pipe(measure));
    const hash = createHash('sha256').update(bytes).digest();
    expect(measure.counted).toBe(bytes.length);
    expect(measure.sha256()).toEqual(hash);
    expect(measure.head).toEqual(bytes.subarray(0, 65_536));
    expect(
      createHash('sha256')
        .update(await read('large'))
        .digest(),
    ).toEqual(hash);
    await store.delete('large');
  });

  it('keeps nothing of a source that fails, or is a byte too large', async () => {
    const { store, folder: root } = place();
    async function* broken() {
      for (let i = 0; i < 200; i++) yield randomBytes(65_536);
      throw new Error('The line broke');
    }
    await expect(store.put('broken', Readable.from(broken()))).rejects.toThrow('The line broke');
    const measure = new Measure(6_000_000);
    const large = Readable.from(Array.from({ length: 7 }, () => randomBytes(1_000_000)));
    await expect(store.put('large', large.pipe(measure))).rejects.toBeInstanceOf(FileTooLarge);
    expect(there(root).filter((f) => !f.startsWith('.'))).toEqual([]);
    await expect(store.get('broken')).rejects.toBeInstanceOf(FileMissing);
    await expect(store.get('large')).rejects.toBeInstanceOf(FileMissing);
  });

  it.each(['../secret', 'a/../../b', '/etc/passwd', 'a//b', 'a\\b', 'a.b', '', 'a b', 'a\0b', 'x'.repeat(501)])(
    'takes no key that leads elsewhere: %j',
    async (key) => {
      const { store } = place();
      await expect(async () => store.put(key, Readable.from(['x']))).rejects.toThrow('is no key');
      await expect(async () => store.get(key)).rejects.toThrow('is no key');
      await expect(async () => store.delete(key)).rejects.toThrow('is no key');
    },
  );
});

it('a store with a wrong key is refused by the server, which checks what is signed', async () => {
  const { endpoint, bucket } = server;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'wrong' };
  const store = s3Store({ bucket, region: 'us-east-1', endpoint, credentials });
  const refused = await store.put('mine', Readable.from(['x'])).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(S3ServiceException);
  expect(String(refused)).toContain('SignatureDoesNotMatch');
});

it('of an upload whose process died, deleting its key takes the parts that had come', async () => {
  const { endpoint, bucket, credentials } = server;
  const client = new S3Client({ region: 'us-east-1', endpoint, credentials, forcePathStyle: true });
  const begin = async (key: string) => {
    const object = { Bucket: bucket, Key: key };
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(object));
    const Body = randomBytes(5 * 1024 * 1024);
    await client.send(new UploadPartCommand({ ...object, UploadId, PartNumber: 1, Body }));
  };
  await begin('or_a/fl_1/fi_died');
  await begin('or_a/fl_1/fi_died2');
  const underWay = async () =>
    (await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads?.map((u) => u.Key) ?? [];
  expect(await underWay()).toHaveLength(2);
  await stores.s3?.store.delete('or_a/fl_1/fi_died');
  expect(await underWay()).toEqual(['or_a/fl_1/fi_died2']);
  await stores.s3?.store.delete('or_a/fl_1/fi_died2');
  expect(await underWay()).toEqual([]);
  client.destroy();
});

it('a file on disk is for its owner only', async () => {
  await stores.disk?.store.put('private', Readable.from(['x']));
  expect(readFileSync(join(folder, 'private'), 'utf8')).toBe('x');
  expect(there(folder)).toContain('private');
  await stores.disk?.store.delete('private');
});
