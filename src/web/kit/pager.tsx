/** On and back through a list, by its cursors; the place is kept in the address. */

interface PagerProps {
  readonly list: { readonly nextCursor: string | null; readonly prevCursor: string | null };
  readonly href: (cursor: string) => string;
  /** The first page. */
  readonly first: string;
  readonly words?: { readonly back: string; readonly on: string };
}

const newestFirst = { back: 'Newer', on: 'Older' };

export const Pager = ({ list: { nextCursor, prevCursor }, href, first, words = newestFirst }: PagerProps) =>
  nextCursor === null && prevCursor === null ? null : (
    <nav class="pager" aria-label="Pages">
      {prevCursor && (
        <>
          <a class="button quiet" href={first}>
            First
          </a>
          <a class="button" href={href(prevCursor)} rel="prev">
            {words.back}
          </a>
        </>
      )}
      {nextCursor && (
        <a class="button" href={href(nextCursor)} rel="next">
          {words.on}
        </a>
      )}
    </nav>
  );
