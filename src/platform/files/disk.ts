/** Files in a folder of this machine: for development, and for an installation on one machine. */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { checkedKey, FileMissing, type FileStore } from './store.ts';

export function diskStore(folder: string): FileStore {
  const placeOf = (key: string): string => join(folder, ...checkedKey(key).split('/'));
  return {
    async put(key, bytes) {
      const place = placeOf(key);
      await mkdir(dirname(place), { recursive: true });
      // Beside its place until it is whole: never half a file under a key.
      const unfinished = `${place}.${randomUUID()}.part`;
      try {
        await pipeline(bytes, createWriteStream(unfinished, { mode: 0o600 }));
        await rename(unfinished, place);
      } catch (error) {
        await rm(unfinished, { force: true });
        throw error;
      }
    },
    async get(key) {
      try {
        return (await open(placeOf(key), 'r')).createReadStream();
      } catch (error) {
        throw isMissing(error) ? new FileMissing(key) : error;
      }
    },
    delete: (key) => rm(placeOf(key), { force: true }),
  };
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';
