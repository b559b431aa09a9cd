/** The file store that the configuration names. */
import { access, constants, mkdir } from 'node:fs/promises';
import type { FilesPlace } from '../config.ts';
import { SetupError } from '../setup-error.ts';
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

/** Throws `SetupError` when nothing can be kept there: an operator should hear of it, not the first client who gives a file. */
export async function checkFiles(place: FilesPlace): Promise<void> {
  if (place.kind !== 'disk') return;
  try {
    await mkdir(place.folder, { recursive: true });
    await access(place.folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `Files can't be kept in ${place.folder}: ${why}. Let this process write there, or set FILES_DIR to another folder.`;
    throw new SetupError('FILES', message, { cause });
  }
}
