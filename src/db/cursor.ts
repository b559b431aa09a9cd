/** Where a page ended: the sort values of its last row (or of its first, to go back), opaque to whoever holds it. */
import { type SqlBool, sql } from 'kysely';
import { z } from 'zod';

export interface Cursor {
  /** An ISO moment, or 'infinity'. */
  readonly at: string;
  readonly id: string;
  /** The page that ends just before this row, not the one that begins just after it. */
  readonly back: boolean;
}

/** The lists that have pages: the cursor of one is no place in another. */
export type PagedList = 'flows' | 'tasks' | 'deliveries' | 'imports' | 'org_events' | 'erasures' | 'activity';

/** What the database takes for a moment, and no other spelling. */
const moment = z.union([z.literal('infinity'), z.iso.datetime().refine((at) => !at.startsWith('0000'))]);
const cursorSchema = z.tuple([
  z.string(),
  moment,
  z.string().regex(/^[\w-]{1,128}$/),
  z.enum(['after', 'before']).default('after'),
]);

export const writeCursor = (
  list: PagedList,
  at: Date | number,
  id: string,
  direction: 'after' | 'before' = 'after',
): string =>
  Buffer.from(
    JSON.stringify([
      list,
      at instanceof Date ? at.toISOString() : 'infinity',
      id,
      ...(direction === 'before' ? [direction] : []),
    ]),
  ).toString('base64url');

/** Null when it is no cursor of this list. */
export function readCursor(list: PagedList, text: string): Cursor | null {
  try {
    const parsed = cursorSchema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
    if (!parsed.success) return null;
    const [of, at, id, direction] = parsed.data;
    return of === list ? { at, id, back: direction === 'before' } : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Of a list that is newest first: what comes on from this row, or what is before it, which is read the other way round. */
export const beyond = (column: 'at' | 'created_at', { at, id, back }: Cursor) =>
  sql<SqlBool>`(${sql.ref(column)}, id) ${back ? sql`>` : sql`<`} (${at}::timestamptz, ${id})`;
