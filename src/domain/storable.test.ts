import { describe, expect, it } from 'vitest';
import { isStorable } from './storable.ts';

describe('text that any store takes', () => {
  it.each([
    ['plain', true],
    ['naïve, 日本, emoji 👩‍👩‍👧 and \u0001', true],
    ['a\0b', false],
    ['half \ud83d', false],
    ['half \udc00 too', false],
    [{ a: ['fine', { b: 'a\0' }] }, false],
    [{ 'a\0': 'fine' }, false],
    [[1, null, true, undefined, 'fine'], true],
  ])('%j: %s', (value, storable) => {
    expect(isStorable(value)).toBe(storable);
  });
});
