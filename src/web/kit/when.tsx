/** Dates: short and relative where near, with the full moment to hover. */
import { shortDate } from '../../domain/dates.ts';
import { dueWords } from '../../operations/words.ts';

export const Day = ({ at, now }: { readonly at: string; readonly now: number }) => (
  <time dateTime={at} title={at}>
    {shortDate(Date.parse(at), now)}
  </time>
);

/** "2 days late", "due today", "due Fri 27 Nov". */
export const Due = ({ at, now }: { readonly at: string; readonly now: number }) => (
  <time dateTime={at} title={at}>
    {dueWords(at, now)}
  </time>
);

const minute = 60_000;

/** "just now", "4 min ago", "3 h ago", then the day. */
export function Ago({ at, now }: { readonly at: string; readonly now: number }) {
  const ms = Date.parse(at);
  const past = now - ms;
  const words =
    past < minute
      ? 'just now'
      : past < 60 * minute
        ? `${Math.floor(past / minute)} min ago`
        : past < 12 * 60 * minute
          ? `${Math.floor(past / (60 * minute))} h ago`
          : shortDate(ms, now);
  return (
    <time dateTime={at} title={at}>
      {words}
    </time>
  );
}
