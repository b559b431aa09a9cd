import { describe, expect, it } from 'vitest';
import { addDays, dayMs, dayOf, endOf, endOfDate, endOfDay, isCalendarDay, isTimeZone, shortDate } from './dates.ts';

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

describe('a day in a time zone', () => {
  const end = (date: string, zone: string) => new Date(endOfDate(date, zone)).toISOString();

  it.each([
    ['2026-11-27', 'UTC', '2026-11-27T23:59:59.999Z'],
    ['2026-11-27', 'Europe/Berlin', '2026-11-27T22:59:59.999Z'],
    ['2026-11-27', 'America/Los_Angeles', '2026-11-28T07:59:59.999Z'],
    ['2026-11-27', 'Asia/Kathmandu', '2026-11-27T18:14:59.999Z'],
    // 23 and 25 hours long.
    ['2026-03-29', 'Europe/Berlin', '2026-03-29T21:59:59.999Z'],
    ['2026-10-25', 'Europe/Berlin', '2026-10-25T22:59:59.999Z'],
    // Half an hour of summer time.
    ['2026-10-04', 'Australia/Lord_Howe', '2026-10-04T12:59:59.999Z'],
    // Midnight does not exist on 4 Sep 2022 in Chile: the day before ends where the clocks go forward.
    ['2022-09-03', 'America/Santiago', '2022-09-04T03:59:59.999Z'],
    // The last hour of 2 Apr 2022 is there twice in Chile, and ends after the second.
    ['2022-04-02', 'America/Santiago', '2022-04-03T03:59:59.999Z'],
    // The first hour of 6 Nov 2022 is there twice in Havana, so 5 Nov ends once.
    ['2022-11-05', 'America/Havana', '2022-11-06T03:59:59.999Z'],
    // Samoa had no 30 Dec 2011.
    ['2011-12-29', 'Pacific/Apia', '2011-12-30T09:59:59.999Z'],
    ['2011-12-31', 'Pacific/Apia', '2011-12-31T09:59:59.999Z'],
  ])('%s in %s ends at %s', (date, zone, moment) => {
    expect(end(date, zone)).toBe(moment);
  });

  it('begins where the day before ends, and holds its own moments, in every zone of this Node, for years', () => {
    for (const zone of Intl.supportedValuesOf('timeZone')) {
      for (let date = Date.UTC(2025, 11, 30); date < Date.UTC(2027, 0, 3); date += 3 * dayMs) {
        const day = date / dayMs;
        const last = endOf(day, zone);
        expect([dayOf(last, zone), dayOf(last + 1, zone)]).toEqual([day, day + 1]);
      }
    }
  });

  it('is written as its calendar has it', () => {
    const now = Date.UTC(2026, 10, 9);
    expect(shortDate(endOfDate('2026-11-27', 'America/New_York'), now, 'America/New_York')).toBe('Fri 27 Nov');
    expect(shortDate(Date.UTC(2026, 11, 31, 23), now, 'Asia/Tokyo')).toBe('Fri 1 Jan 2027');
  });

  it.each([
    ['Europe/Berlin', true],
    ['UTC', true],
    ['Etc/GMT+5', true],
    ['Mars/Olympus', false],
    ['+02:00', false],
    ['', false],
  ])('"%s" is a time zone: %s', (text, is) => {
    expect(isTimeZone(text)).toBe(is);
  });
});

it.each([
  // Mon 9 Nov 2026 is a Monday.
  ['2026-11-09', 0, '2026-11-09'],
  ['2026-11-09', 1, '2026-11-10'],
  ['2026-11-13', 1, '2026-11-16'],
  ['2026-11-13', 11, '2026-11-30'],
  ['2026-11-14', 0, '2026-11-16'],
  ['2026-11-14', 1, '2026-11-16'],
  ['2026-11-15', 2, '2026-11-17'],
  ['2026-11-15', -1, '2026-11-13'],
  ['2026-11-16', -1, '2026-11-13'],
  ['2026-11-16', -11, '2026-10-30'],
  ['1969-12-31', 3, '1970-01-05'],
])('%s and %i business days is %s', (from, n, to) => {
  const day = Date.parse(from) / dayMs;
  expect(new Date(addDays(day, n, 'business') * dayMs).toISOString().slice(0, 10)).toBe(to);
});
