/** Dates: short and relative where near, with the full moment to hover. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { shortDate } from '../../domain/dates.ts';
import { dueWords } from '../../operations/words.ts';

/** In which a page tells its days: the org's, which the frame of a page provides, and a flow's own on its page. */
export const TimeZone = createContext('UTC');

interface When {
  readonly at: string;
  readonly now: number;
  /** Of the flow that it is a day of, in a list of several; else the page's. */
  readonly zone?: string;
}

const useZone = (zone: string | undefined): string => {
  const ofPage = useContext(TimeZone);
  return zone ?? ofPage;
};

export const Day = ({ at, now, zone }: When) => (
  <time dateTime={at} title={at}>
    {shortDate(Date.parse(at), now, useZone(zone))}
  </time>
);

/** "2 days late", "due today", "due Fri 27 Nov". */
export const Due = ({ at, now, zone }: When) => (
  <time dateTime={at} title={at}>
    {dueWords(at, now, useZone(zone))}
  </time>
);

const minute = 60_000;

/** "just now", "4 min ago", "3 h ago", then the day. */
export function Ago({ at, now }: When) {
  const zone = useZone(undefined);
  const ms = Date.parse(at);
  const past = now - ms;
  const words =
    past < minute
      ? 'just now'
      : past < 60 * minute
        ? `${Math.floor(past / minute)} min ago`
        : past < 12 * 60 * minute
          ? `${Math.floor(past / (60 * minute))} h ago`
          : shortDate(ms, now, zone);
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
