import { expect, it } from 'vitest';
import { dayMs, endOfDay, isCalendarDay, shortDate } from './dates.ts';

it('a day ends with its last millisecond, wherever in it one asks', () => {
  const last = Date.UTC(2026, 10, 9, 23, 59, 59, 999);
  for (const hour of [0, 12, 23]) expect(endOfDay(Date.UTC(2026, 10, 9, hour))).toBe(last);
  expect(endOfDay(last)).toBe(last);
  expect(endOfDay(last + 1)).toBe(last + dayMs);
});

it('days are those of the calendar, over the end of a month and a leap day', () => {
  expect(endOfDay(Date.UTC(2028, 1, 27, 15), 3)).toBe(Date.UTC(2028, 2, 1, 23, 59, 59, 999));
});

it('a date is short, with the year when it is another one', () => {
  const now = Date.UTC(2026, 10, 9);
  expect(shortDate(Date.UTC(2026, 10, 27), now)).toBe('Fri 27 Nov');
  expect(shortDate(Date.UTC(2027, 0, 1), now)).toBe('Fri 1 Jan 2027');
});

it.each([
  ['2026-11-30', true],
  ['2028-02-29', true],
  ['2026-02-29', false],
  ['2026-13-01', false],
  ['2026-1-1', false],
  ['30.11.2026', false],
  ['2026-11-30T00:00:00Z', false],
])('%s is a day of the calendar: %s', (text, is) => {
  expect(isCalendarDay(text)).toBe(is);
});
