/** Dates: short and relative where near, with the full moment to hover. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { shortDate } from '../../domain/dates.ts';
import { dueWords } from '../../operations/words.ts';

/** The org's time zone, in which a page tells its days; the frame of a page provides it. */
export const TimeZone = createContext('UTC');

export const Day = ({ at, now }: { readonly at: string; readonly now: number }) => (
  <time dateTime={at} title={at}>
    {shortDate(Date.parse(at), now, useContext(TimeZone))}
  </time>
);

/** "2 days late", "due today", "due Fri 27 Nov". */
export const Due = ({ at, now }: { readonly at: string; readonly now: number }) => (
  <time dateTime={at} title={at}>
    {dueWords(at, now, useContext(TimeZone))}
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

/** What is yet to come: "in less than a minute", "in 5 min", "in 23 h", then the day. */
export function Until({ at, now }: { readonly at: string; readonly now: number }) {
  const ms = Date.parse(at);
  const left = ms - now;
  const zone = useContext(TimeZone);
  const words =
    left < minute
      ? 'in less than a minute'
      : left < 60 * minute
        ? `in ${Math.round(left / minute)} min`
        : left < 36 * 60 * minute
          ? `in ${Math.round(left / (60 * minute))} h`
          : shortDate(ms, now, zone);
  return (
    <time dateTime={at} title={at}>
      {words}
    </time>
  );
}
