/** Bytes on their way into the store: counted, hashed, and their beginning kept, so that a file need not be read twice. */
import { createHash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';

/** How much of the beginning is kept, in bytes: enough to tell an office document from any other archive. */
const headBytes = 64 * 1024;

export class FileTooLarge extends Error {
  readonly code = 'FILE_TOO_LARGE';
  constructor(limit: number) {
    super(`The file has more than ${limit} bytes`);
    this.name = 'FileTooLarge';
  }
}

/** Passes bytes on, up to `limit` of them; one more and the stream fails with `FileTooLarge`. */
export class Measure extends Transform {
  /** In bytes. Not called `size`: the S3 client takes that of a stream for how long it will be. */
  counted = 0;
  readonly #limit: number;
  readonly #hash = createHash('sha256');
  readonly #head: Buffer[] = [];
  #headSize = 0;

  constructor(limit: number) {
    super();
    this.#limit = limit;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.counted += chunk.length;
    if (this.counted > this.#limit) {
      done(new FileTooLarge(this.#limit));
      return;
    }
    this.#hash.update(chunk);
    if (this.#headSize < headBytes) {
      const part = chunk.subarray(0, headBytes - this.#headSize);
      this.#head.push(part);
      this.#headSize += part.length;
    }
    done(null, chunk);
  }

  get head(): Buffer {
    return Buffer.concat(this.#head);
  }

  /** Once all bytes have passed. */
  sha256(): Buffer {
    return this.#hash.digest();
  }
}
