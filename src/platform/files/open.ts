/** The file store that the configuration names. */
import type { FilesPlace } from '../config.ts';
import { diskStore } from './disk.ts';
import type { FileStore } from './store.ts';

export async function openFiles(place: FilesPlace): Promise<FileStore & { close(): void }> {
  switch (place.kind) {
    case 'disk':
      return { ...diskStore(place.folder), close: () => undefined };
    case 's3': {
      // Large, and only loaded where it is used.
      const { s3Store } = await import('./s3.ts');
      return s3Store(place);
    }
  }
}
