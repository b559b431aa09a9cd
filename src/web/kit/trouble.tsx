/** When a page can't be shown: what happened, and what now. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Session } from '../../oauth/session.ts';
import { type Kept, KeptForm } from './kept.tsx';
import { renderPage } from './page.tsx';
import { Solo } from './parts.tsx';
import { placeOf, Shell } from './shell.tsx';

export interface Trouble {
  readonly status: number;
  /** What happened, in a few words. */
  readonly title: string;
  /** Why, and what to do. */
  readonly text: string;
  /** Where to go from here; none where only trying again helps. */
  readonly to?: {
    /** An address, or what it is for a page at this one. */
    readonly href: string | ((here: string) => string);
    readonly title: string;
    /** Where this page must stay as it is meanwhile. */
    readonly newTab?: boolean;
  };
}

/** Thrown by a page that can't be shown; the server answers with a page that says so. */
export class PageTrouble extends Error {
  constructor(readonly trouble: Trouble) {
    super(trouble.text);
  }
}

/** The same list, with the same filters, from its beginning. */
function fromItsBeginning(here: string): string {
  const { pathname, searchParams } = new URL(here, 'http://here');
  searchParams.delete('cursor');
  return searchParams.size === 0 ? pathname : `${pathname}?${searchParams}`;
}

const start = { href: '/flows', title: 'Go to the flows' };

export const notThere = (text: string): Trouble => ({ status: 404, title: 'Nothing is here', text, to: start });

/** It is there, and is not as it would have to be. */
export const notNow = (text: string): Trouble => ({ status: 409, title: 'This can’t be done now', text, to: start });

export const troubles = {
  notFound: notThere('No page has this address. It may have been mistyped, or what it showed is gone.'),
  badAddress: {
    status: 400,
    title: 'This address can’t be read',
    text: 'Something in it is too long, or has characters that nothing is called by. It may have been cut off or mistyped.',
    to: start,
  },
  badCursor: {
    status: 400,
    title: 'This part of the list can’t be found',
    text: 'The address says where in the list to go on, and was cut off, or is of another list. Nothing is lost: begin with its first page.',
    to: { href: fromItsBeginning, title: 'Show the first page' },
  },
  stale: {
    status: 403,
    title: 'This page was open for long',
    text: 'Nothing changed. Look at it once more, then send it again.',
  },
  notYours: {
    status: 403,
    title: 'You are in this organization no more',
    text: 'The page was of an organization that you have left since, or that is gone. Nothing changed.',
    to: start,
  },
  onlyAdmins: {
    status: 403,
    title: 'This is for owners and admins',
    text: 'You are a member of this organization. Ask an owner or admin to do it, or to make you an admin.',
    to: start,
  },
  tooLong: {
    status: 422,
    title: 'Something typed is too long',
    text: 'Nothing changed. Shorten it and send it again.',
  },
  database: {
    status: 503,
    title: 'The database is not answering',
    text: 'Nothing is lost. Flows go on by themselves, and Booflow is back as soon as the database is: try again in a moment.',
  },
  engine: {
    status: 503,
    title: 'The flow engine is not answering',
    text: 'Whether it was done is not known yet. Send it again in a moment: however often you do, it is done once at most.',
  },
  files: {
    status: 503,
    title: 'Files can’t be kept or read just now',
    text: 'Where they are kept does not answer, and that is written down for those who run Booflow. Nothing is lost: try again in a moment.',
  },
  busy: {
    status: 503,
    title: 'This flow has much to do',
    text: 'As much as can wait is waiting for it already. Nothing changed: send it again in some minutes.',
  },
  clients: {
    status: 503,
    title: 'We can’t reach your page just now',
    text: 'It is not your fault, and nothing is lost. Please try again in a minute or two.',
  },
  failed: {
    status: 500,
    title: 'Booflow failed to answer',
    text: 'This is our fault, and it is written down for those who run Booflow. Nothing is known to have changed: look, then try again.',
    to: start,
  },
} as const satisfies Record<string, Trouble>;

/** Whoever sent a form with no session behind it any more. `next`: where they were. */
export const signedOut = (next: string): Trouble => ({
  status: 401,
  title: 'You are signed out',
  text: 'What you sent was not done. Sign in, which opens in a new tab; then come back to this one and send it again.',
  to: { href: `/sign-in?${new URLSearchParams({ next })}`, title: 'Sign in', newTab: true },
});

const troublePage = (trouble: Trouble, here: string, kept: Kept | null, session: Session | null): string =>
  renderPage({
    title: trouble.title,
    children: session ? (
      <Shell session={session} here={placeOf(here)}>
        <div class="stack">
          <Told trouble={trouble} here={here} kept={kept} />
        </div>
      </Shell>
    ) : (
      <Solo>
        <Told trouble={trouble} here={here} kept={kept} />
      </Solo>
    ),
  });

const Told = ({
  trouble: { status, title, text, to },
  here,
  kept,
}: {
  readonly trouble: Trouble;
  readonly here: string;
  readonly kept: Kept | null;
}) => (
  <>
    <p class="num small">{status}</p>
    <h1>{title}</h1>
    <p>{text}</p>
    {to && (
      <p>
        <a
          class="button"
          href={typeof to.href === 'string' ? to.href : to.href(here)}
          target={to.newTab ? '_blank' : undefined}
        >
          {to.title}
        </a>
      </p>
    )}
    {kept && <KeptForm kept={kept} />}
  </>
);

/** Is it a person's browser that asks, so that a page is the answer? */
export const wantsPage = (request: FastifyRequest): boolean =>
  (request.headers.accept ?? '').includes('text/html') && !/^\/(api|oauth|\.well-known)\//.test(request.url);

/** With a form that failed: what it held is kept on the page, and can be sent again from it. A member finds on from it. */
export const sendTrouble = (
  reply: FastifyReply,
  trouble: Trouble,
  kept: Kept | null = null,
  session: Session | null = null,
): FastifyReply =>
  reply
    .code(trouble.status)
    .type('text/html')
    .send(troublePage(trouble, reply.request.url, kept, session));
