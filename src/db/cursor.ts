/** Where a page ended: the sort values of its last row, opaque to whoever holds it. */
import { z } from 'zod';

const cursorSchema = z.tuple([z.string().max(64), z.string().max(128)]);

export interface Cursor {
  /** An ISO moment, or 'infinity'. */
  readonly at: string;
  readonly id: string;
}

export const writeCursor = (at: Date | number, id: string): string =>
  Buffer.from(JSON.stringify([at instanceof Date ? at.toISOString() : 'infinity', id])).toString('base64url');

/** Null when it is no cursor of ours. */
export function readCursor(text: string): Cursor | null {
  try {
    const parsed = cursorSchema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
    if (!parsed.success) return null;
    const [at, id] = parsed.data;
    return at === 'infinity' || !Number.isNaN(Date.parse(at)) ? { at, id } : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
