/** A zip archive as a stream: one entry after the other, none of them ever whole in memory. */
import { PassThrough, type Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ZipFile } from 'yazl';

export class ZipWriter {
  /** The archive. It fails when `fail` is called, and whoever stops reading it stops what is being added. */
  readonly bytes = new PassThrough();
  readonly #zip = new ZipFile();
  #adding: Readable | null = null;

  constructor() {
    this.#zip.outputStream.pipe(this.bytes);
    this.#zip.on('error', (error: Error) => this.bytes.destroy(error));
    this.bytes.on('close', () => this.#adding?.destroy(new Error('Nobody reads the archive any more')));
  }

  /** Resolves when all of `source` is in the archive; rejects when it fails or nobody reads the archive any more. */
  async add(name: string, source: Readable, { mtime, compress }: { mtime: Date; compress: boolean }): Promise<void> {
    if (this.bytes.destroyed) {
      source.destroy();
      throw new Error('Nobody reads the archive any more');
    }
    this.#adding = source;
    const added = finished(source, { writable: false });
    this.#zip.addReadStream(source, name, { mtime, compress });
    await added;
    this.#adding = null;
  }

  /** After the last entry. */
  end(): void {
    this.#zip.end();
  }

  fail(error: Error): void {
    this.bytes.destroy(error);
  }
}
