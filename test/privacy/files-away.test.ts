/** The place for files is away, refuses us, or loses a file's row while its bytes come: what is told, and what stays. */
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addFile } from '../../src/operations/add-file.ts';
import { s3Store } from '../../src/platform/files/s3.ts';
import { type FileStore, FilesAway } from '../../src/platform/files/store.ts';
import { freePort } from '../../src/platform/ports.ts';
import { olivia } from '../mcp/principals.ts';
import { type Scene, startScene } from './scene.ts';

const flow = 'Harbor & Pine';
let scene: Scene;
let input: { flow: string; task: string; field: string };

beforeAll(async () => {
  scene = await startScene();
  await scene.begin(scene.olivia, flow);
  input = { flow, task: await scene.taskOf(flow, 'Send us your brand'), field: 'logo' };
});
afterAll(() => scene.stop());

const give = (files: FileStore) => {
  const upload = { name: 'logo.pdf', bytes: Readable.from([Buffer.from('%PDF-1.7\n%âãÏÓ\n')]) };
  return addFile.run({ ...scene.world.tools, files, now: Date.now(), principal: olivia, upload }, input);
};
const rows = () => scene.world.owner.selectFrom('files').select('id').execute();

test('a bucket that does not answer is not taken for a database that does not, and no row of the file stays', async () => {
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  const away = s3Store({ bucket: 'files', region: 'us-east-1', endpoint, credentials });
  await expect(give(away)).rejects.toBeInstanceOf(FilesAway);
  away.close();
  expect(await rows()).toEqual([]);
});

test('of a file whose row goes while its bytes come, such as with a client who is erased, no bytes stay', async () => {
  const { world } = scene;
  const stored: string[] = [];
  const losing: FileStore = {
    ...world.files,
    async put(key, bytes) {
      await world.files.put(key, bytes);
      stored.push(key);
      await world.owner.deleteFrom('files').where('store_key', '=', key).execute();
      // The clean-up was there before the bytes were.
      await world.owner.deleteFrom('file_remains').where('store_key', '=', key).execute();
    },
  };
  expect(await give(losing)).toMatchObject({ ok: false, code: 'not_found' });
  expect(stored).toHaveLength(1);
  await expect(world.files.get(stored[0] ?? '')).rejects.toMatchObject({ code: 'FILE_MISSING' });
});
