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
