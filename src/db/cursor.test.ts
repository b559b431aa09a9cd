import { describe, expect, test } from 'vitest';
import { readCursor, writeCursor } from './cursor.ts';

const text = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a cursor', () => {
  test.each([
    [new Date('2026-11-16T09:00:00.123Z'), '2026-11-16T09:00:00.123Z'],
    [Number.POSITIVE_INFINITY, 'infinity'],
  ])('comes back as it was: %s', (at, read) => {
    expect(readCursor('tasks', writeCursor('tasks', at, 'tk_1'))).toEqual({ at: read, id: 'tk_1', back: false });
    const before = writeCursor('tasks', at, 'tk_1', 'before');
    expect(readCursor('tasks', before)).toEqual({ at: read, id: 'tk_1', back: true });
  });

  test('is good in an address, and only for its own list', () => {
    const cursor = writeCursor('flows', new Date(0), 'fl_1');
    expect(encodeURIComponent(cursor)).toBe(cursor);
    expect(readCursor('tasks', cursor)).toBeNull();
  });

  test.each([
    ['', 'nothing'],
    ['%%%', 'no base64'],
    [Buffer.from([0xff, 0xfe]).toString('base64url'), 'no UTF-8'],
    [text(null), 'null'],
    [text({}), 'an object'],
    [text(['flows', '2026-11-16T09:00:00Z']), 'no id'],
    [text(['flows', '1', 'fl_1']), 'a moment only JavaScript reads'],
    [text(['flows', '-infinity', 'fl_1']), 'another end of time'],
    [text(['flows', '2026-13-01T00:00:00Z', 'fl_1']), 'no month'],
    [text(['flows', '0000-01-01T00:00:00Z', 'fl_1']), 'a year that the database does not count'],
    [text(['flows', 'infinity', 'fl_\0']), 'a NUL'],
    [text(['flows', 'infinity', '']), 'an empty id'],
    [text(['flows', 'infinity', 'x'.repeat(129)]), 'a long id'],
    [text(['flows', 'infinity', 7]), 'a number for an id'],
    [text(['flows', 'infinity', 'fl_1', 'more']), 'more than it should be'],
  ])('that nobody gave out is none: %s (%s)', (cursor) => {
    expect(readCursor('flows', cursor)).toBeNull();
  });
});
