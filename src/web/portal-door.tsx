/** The pages before a client is in: whom a link is for, and kind words where it leads nowhere. */

import type { ComponentChildren } from 'preact';
import type { Closed, Invitation } from '../oauth/portal-session.ts';
import { firstName } from '../platform/plain-line.ts';
import { BrandHeader, type Branding, brandStyles } from './kit/brand.tsx';
import { type Kept, KeptForm } from './kit/kept.tsx';
import { renderPage } from './kit/page.tsx';
import { Notice } from './kit/parts.tsx';

interface DoorProps {
  readonly title: string;
  readonly org: Branding | null;
  readonly about: string;
  readonly children: ComponentChildren;
}

const door = ({ title, org, about, children }: DoorProps): string =>
  renderPage({
    title,
    styles: ['/assets/portal.css', ...(org ? brandStyles(org) : [])],
    children: (
      <main class="narrow portal door">
        {org && <BrandHeader branding={org} about={about} />}
        {children}
      </main>
    ),
  });

/** "j…@example.com": enough to know one's own, and not to learn another's. */
export function maskedAddress(email: string): string {
  const [name = '', host = ''] = email.split('@');
  return `${[...name][0] ?? ''}…@${host}`;
}

interface OpenProps {
  readonly invitation: Invitation;
  readonly path: string;
  readonly csrf: string;
  readonly problem: string | null;
}

/** What a link shows: looking spends nothing, the button opens. */
export const openPage = ({ invitation: { org, flow, name, email }, path, csrf, problem }: OpenProps): string =>
  door({
    title: `${flow} · ${org.name}`,
    org,
    about: flow,
    children: (
      <>
        <Notice text={problem} bad />
        <h1>
          {org.name} invites {name} to {flow}
        </h1>
        <p>
          This link was sent to {name} at <span class="unbroken">{maskedAddress(email)}</span>. It opens what {org.name}{' '}
          has prepared for you, on this device, with no password.
        </p>
        <form method="post" action={path}>
          <input type="hidden" name="csrf" value={csrf} />
          <button type="submit" class="button primary big wide-button">
            Open as {name}
          </button>
        </form>
        <p class="small">
          You are not {name}? Then this link was forwarded to you: please leave it, and ask {org.name} for an invitation
          of your own.
        </p>
      </>
    ),
  });

interface ClosedProps {
  readonly closed: Closed;
  readonly csrf: string;
  /** The link they came by; null: none, such as a visit that ended. */
  readonly link: string | null;
  /** What they were about to send. */
  readonly kept: Kept | null;
}

export function closedPage({ closed, csrf, link, kept }: ClosedProps): string {
  switch (closed.why) {
    case 'completed':
      return endedPage(closed.org, closed.flow, closed.name);
    case 'cancelled':
      return door({
        title: `${closed.flow} has ended`,
        org: closed.org,
        about: closed.flow,
        children: (
          <>
            <h1>{closed.flow} has ended</h1>
            <p>
              {closed.org.name} has closed it, and nothing more is needed from you. If that surprises you, please ask{' '}
              {closed.org.name}.
            </p>
          </>
        ),
      });
    case 'revoked':
      return door({
        title: 'This invitation was withdrawn',
        org: closed.org,
        about: 'Invitation',
        children: (
          <>
            <h1>This invitation was withdrawn</h1>
            <p>
              {closed.org.name} has taken it back, so the link opens nothing any more. If you think it is a mistake,
              please ask {closed.org.name}.
            </p>
          </>
        ),
      });
    case 'unknown':
      return door({
        title: 'This link is no longer open',
        org: null,
        about: '',
        children: (
          <>
            <h1>{kept ? 'Please open your link again' : 'This link is no longer open'}</h1>
            {kept ? (
              <p>
                Your visit had ended, so what you sent did not arrive. Open the link in your latest mail, or have a new
                one sent below; then come back to this page and send it again.
              </p>
            ) : link === null ? (
              <p>
                Open the link in your latest mail again. If it no longer works, have a new one sent to the address that
                was invited.
              </p>
            ) : (
              <p>
                Links end after 30 days, and one that was cut off in a mail opens nothing. We can send a new one to the
                address that this one went to.
              </p>
            )}
            {link !== null && (
              <form method="post" action={`/portal/${encodeURIComponent(link)}/new`}>
                <input type="hidden" name="csrf" value={csrf} />
                <button type="submit" class="button primary big wide-button">
                  Send me a new link
                </button>
              </form>
            )}
            {kept && <KeptForm kept={kept} />}
            <AskByAddress csrf={csrf} primary={link === null && !kept} newTab={kept !== null} />
          </>
        ),
      });
  }
}

interface AskProps {
  readonly csrf: string;
  readonly primary: boolean;
  /** Where this page must stay as it is meanwhile. */
  readonly newTab: boolean;
}

const AskByAddress = ({ csrf, primary, newTab }: AskProps) => (
  <form method="post" action="/portal/link" class="ask" target={newTab ? '_blank' : undefined}>
    <input type="hidden" name="csrf" value={csrf} />
    <div class="field">
      <label for="email">{primary ? 'Your mail address' : 'Or by your mail address'}</label>
      <input id="email" name="email" type="email" autocomplete="email" required maxLength={254} />
    </div>
    <button type="submit" class={primary ? 'button primary big' : 'button big'}>
      {primary ? 'Send me a new link' : 'Send it there'}
    </button>
  </form>
);

/** After they pressed "Leave this page on this device". */
export const leftPage = (): string =>
  door({
    title: 'You have left',
    org: null,
    about: '',
    children: (
      <>
        <h1>You have left on this device</h1>
        <p>What you saved is kept. To go on, open the link in your latest mail again, here or on another device.</p>
      </>
    ),
  });

/** The same whether or not there is anybody to send it to. */
export const linkSentPage = (): string =>
  door({
    title: 'Look into your mail',
    org: null,
    about: '',
    children: (
      <>
        <h1>Look into your mail</h1>
        <p>
          If there is an invitation, a new link is on its way to the address that was invited. It can take a few
          minutes; please look among unwanted mail, too.
        </p>
        <p class="small">Nothing came? Then ask whoever invited you to send the invitation again.</p>
      </>
    ),
  });

/** After the last task of all, and whenever they come back to it. */
export const endedPage = (org: Branding, flow: string, name: string): string =>
  door({
    title: `${flow} is complete`,
    org,
    about: flow,
    children: (
      <>
        <h1>Thank you, {firstName(name)}. That was the last thing</h1>
        <p>
          {flow} is complete, and nothing more is needed from you. Your link ends here; if you need anything, {org.name}{' '}
          will be glad to hear from you.
        </p>
      </>
    ),
  });
