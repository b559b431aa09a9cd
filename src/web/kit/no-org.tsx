/** For someone who has an account and is a member nowhere: new here without an invitation, removed, or left. */
import type { Session } from '../../oauth/session.ts';
import { renderPage } from './page.tsx';
import { Csrf, Solo } from './parts.tsx';

export const noOrgPage = (session: Session): string =>
  renderPage({
    title: 'You are in no organization',
    children: (
      <Solo>
        <h1>You are in no organization</h1>
        <p>
          Ask an owner or admin of yours to invite <b>{session.email}</b>, and open the link in the mail. Or make an
          organization of your own.
        </p>
        <a class="button primary big" href="/sign-up">
          Make an organization
        </a>
        <form method="post" action="/sign-out" class="small">
          <Csrf secret={session.secret} />
          Signed in as <a href="/settings/account">{session.name}</a>.{' '}
          <button type="submit" class="link">
            Sign out
          </button>
        </form>
      </Solo>
    ),
  });
