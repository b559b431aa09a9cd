/**
 * Calendar days in a time zone: a due date is a day, and a task is late when that day is over.
 *
 * The offsets are those of this Node's own tables (ICU), also inside a flow's workflow. A flow that is replayed works
 * them out anew, so a Node with newer tables may date what is due in a zone whose law changed meanwhile an hour or a
 * day otherwise than it was. That is wanted for days to come. For timers already in a flow's history it can matter, so
 * a new Node is rolled out like a change of workflow code: under its own build id, after the recorded histories.
 */
import type { DayUnit } from './template.ts';

export const dayMs = 86_400_000;

/** Is this a time zone's name that dates can be worked out in, such as "Europe/Berlin"? */
export function isTimeZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: text });
    // Offsets such as "+02:00" are taken by newer releases of Node alone, and know no summer time.
    return /^[A-Za-z]/.test(text);
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone);
  if (known) return known;
  const parts = { year: 'numeric', month: 'numeric', day: 'numeric' } as const;
  const time = { hour: 'numeric', minute: 'numeric', second: 'numeric' } as const;
  const clock = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...parts, ...time });
  clocks.set(zone, clock);
  return clock;
}

/** How far the clocks of the zone are ahead of UTC at this moment, in milliseconds. */
function offsetAt(moment: number, zone: string): number {
  if (zone === 'UTC') return 0;
  const read = new Map(
    clockOf(zone)
      .formatToParts(moment)
      .map((p) => [p.type, Number(p.value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => read.get(type) ?? 0;
  const shown = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return shown - Math.floor(moment / 1000) * 1000;
}

/** A calendar day as a number: how many days it lies after 1 Jan 1970. */
export const dayOf = (moment: number, zone: string): number => Math.floor((moment + offsetAt(moment, zone)) / dayMs);

/** The first moment of a day: midnight, or when the clocks go forward over it, the moment they do. */
function startOf(day: number, zone: string): number {
  const midnight = day * dayMs;
  if (zone === 'UTC') return midnight;
  // Clocks change less than once in two days, so one of the offsets around midnight is the one before it.
  const before = midnight - offsetAt(midnight - dayMs, zone);
  const after = midnight - offsetAt(midnight + dayMs, zone);
  const isStart = (moment: number): boolean => dayOf(moment, zone) >= day && dayOf(moment - 1, zone) < day;
  return [before, after].find(isStart) ?? before;
}

/** The first moment of a calendar day written YYYY-MM-DD. */
export const startOfDate = (text: string, zone: string): number => startOf(Date.parse(text) / dayMs, zone);

/** The last millisecond of a day. */
export const endOf = (day: number, zone: string): number => startOf(day + 1, zone) - 1;

/** The last millisecond of a calendar day written YYYY-MM-DD. */
export const endOfDate = (text: string, zone: string): number => endOf(Date.parse(text) / dayMs, zone);

/** The last millisecond of the day that lies `days` after the day of `moment`. */
export const endOfDay = (moment: number, days = 0, zone = 'UTC'): number => endOf(dayOf(moment, zone) + days, zone);

/** Monday 5 Jan 1970 is the first of all weeks here. */
const daysBeforeFirstMonday = 4;

/** How many business days (Monday to Friday) lie before this day; negative before 5 Jan 1970. */
function businessDaysBefore(day: number): number {
  const since = day - daysBeforeFirstMonday;
  const week = Math.floor(since / 7);
  return week * 5 + Math.min(since - week * 7, 5);
}

/** The business day that has so many of them before it. */
function businessDay(index: number): number {
  const week = Math.floor(index / 5);
  return daysBeforeFirstMonday + week * 7 + (index - week * 5);
}

const isBusinessDay = (day: number): boolean => businessDaysBefore(day + 1) > businessDaysBefore(day);

/**
 * The day that lies `n` days after this one, or before it when negative. In business days the Monday after a weekend
 * is one day after its Saturday, the Friday before it one day before, and no days from a weekend is the Monday.
 */
export function addDays(day: number, n: number, unit: DayUnit): number {
  switch (unit) {
    case 'calendar':
      return day + n;
    case 'business':
      return businessDay(businessDaysBefore(day) + (n > 0 && !isBusinessDay(day) ? n - 1 : n));
  }
}

/**
 * A due moment after a pause from `from` to `to`: later by the days that began meanwhile, so that it is as far off, or
 * as long past, as it was. Business days are given back as business days. However often and briefly a flow is paused,
 * due dates stay days and move no further than the days that passed.
 */
export function movedByPause(dueAt: number, from: number, to: number, zone: string, unit: DayUnit): number {
  const day = dayOf(dueAt, zone);
  const [first, last] = [dayOf(from, zone), dayOf(Math.max(from, to), zone)];
  const moved =
    unit === 'business' && isBusinessDay(day)
      ? businessDay(businessDaysBefore(day) + businessDaysBefore(last) - businessDaysBefore(first))
      : day + last - first;
  // A moment set by hand may lie within its day.
  return moved === day ? dueAt : endOf(moved, zone) - (endOf(day, zone) - dueAt);
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** "Fri 27 Nov", as the calendar of the zone has it; the year is added when it is not that of `now`. */
export function shortDate(moment: number, now: number, zone = 'UTC'): string {
  const d = new Date(dayOf(moment, zone) * dayMs);
  const thisYear = new Date(dayOf(now, zone) * dayMs).getUTCFullYear();
  const year = d.getUTCFullYear() === thisYear ? '' : ` ${d.getUTCFullYear()}`;
  return `${weekdays[d.getUTCDay()]} ${d.getUTCDate()} ${months[d.getUTCMonth()]}${year}`;
}

/** Is this a day of the calendar, written YYYY-MM-DD? */
export function isCalendarDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const parsed = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(text);
}
