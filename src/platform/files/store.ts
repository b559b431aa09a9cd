/** Where the bytes of files are kept: one interface, whatever is behind it. */
import type { Readable } from 'node:stream';

export interface FileStore {
  /** Keeps the bytes under this key. When the source fails, so does this, and nothing is kept. */
  put(key: string, bytes: Readable): Promise<void>;
  /** Throws `FileMissing` when nothing is kept under this key. */
  get(key: string): Promise<Readable>;
  /** Afterwards nothing is kept under this key; that nothing was is no error. */
  delete(key: string): Promise<void>;
}

/** The row is there and its bytes are not: a fault of ours or of the store, never of whoever asks. */
export class FileMissing extends Error {
  readonly code = 'FILE_MISSING';
  constructor(key: string) {
    super(`Nothing is kept under ${key}`);
    this.name = 'FileMissing';
  }
}

/** The store did not take or give bytes: it is away, full, or refuses us. For operators, and worth another try. */
export class FilesAway extends Error {
  readonly code = 'FILES_AWAY';
  constructor(cause: unknown) {
    super(`The file store failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'FilesAway';
  }
}

const keyShape = /^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/;

/** A key is words with slashes between them: no dots, so it never leads elsewhere. Throws on any other. */
export function checkedKey(key: string): string {
  if (!keyShape.test(key) || key.length > 500) throw new Error(`${JSON.stringify(key)} is no key of a file`);
  return key;
}
