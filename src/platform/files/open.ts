/** The file store that the configuration names. */
import type { FilesPlace } from '../config.ts';
import { diskStore } from './disk.ts';
import { s3Store } from './s3.ts';
import type { FileStore } from './store.ts';

export function openFiles(place: FilesPlace): FileStore & { close(): void } {
  switch (place.kind) {
    case 'disk':
      return { ...diskStore(place.folder), close: () => undefined };
    case 's3':
      return s3Store(place);
  }
}
