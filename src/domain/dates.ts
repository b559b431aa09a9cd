/** Calendar days, in UTC: a due date is a day, and a task is late when that day is over. */

export const dayMs = 86_400_000;

/** The last millisecond of the day that lies `days` after the day of `moment`. */
export const endOfDay = (moment: number, days = 0): number => (Math.floor(moment / dayMs) + days + 1) * dayMs - 1;

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** "Fri 27 Nov"; the year is added when it is not that of `now`. */
export function shortDate(moment: number, now: number): string {
  const d = new Date(moment);
  const year = d.getUTCFullYear() === new Date(now).getUTCFullYear() ? '' : ` ${d.getUTCFullYear()}`;
  return `${weekdays[d.getUTCDay()]} ${d.getUTCDate()} ${months[d.getUTCMonth()]}${year}`;
}

/** Is this a day of the calendar, written YYYY-MM-DD? */
export function isCalendarDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const parsed = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(text);
}
