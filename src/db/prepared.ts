/**
 * Statements that write are prepared: PostgreSQL parses and plans one once on a connection, not at each projection. Those
 * that read are planned each time, since the best way to read depends on what is asked for.
 */
import type pg from 'pg';

/** Of a process: each takes memory on every connection. What comes after them, or is longer, is not prepared. */
const most = 100;
const longest = 5_000;
const writes = /^(insert|update|delete) /;

const names = new Map<string, string>();
/** Seen once: what never comes again, as a table's import may write it, is not worth a name. */
const seen = new Set<string>();

function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= most || text.length > longest || !writes.test(text)) return known;
  if (!seen.delete(text)) {
    if (seen.size >= most) seen.clear();
    seen.add(text);
    return undefined;
  }
  const name = `write_${names.size}`;
  names.set(text, name);
  return name;
}

/** Has a connection of the pool prepare what it is asked to write. */
export function preparing(connection: pg.ClientBase): void {
  const { query } = connection;
  Object.assign(connection, {
    query(...given: readonly unknown[]) {
      const [text, values] = given;
      const isPlain = given.length === 2 && typeof text === 'string' && Array.isArray(values);
      const name = isPlain ? nameOf(text) : undefined;
      return Reflect.apply(query, connection, name === undefined ? given : [{ name, text, values }]);
    },
  });
}
