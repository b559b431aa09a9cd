/** The frame of a member's pages: where one can go, and as whom. */
import type { ComponentChildren } from 'preact';
import type { Session } from '../../oauth/session.ts';
import { Face } from './face.tsx';
import { KeysHelp } from './keys.tsx';
import { Csrf, Mark, OfOrg } from './parts.tsx';
import { TimeZone } from './when.tsx';

const places = [
  ['/flows', 'Flows'],
  ['/tasks', 'My tasks'],
  ['/templates', 'Templates'],
  ['/settings', 'Settings'],
] as const;

type Place = (typeof places)[number][0];

/** Where a path belongs. */
export const placeOf = (path: string): Place => places.find(([href]) => path.startsWith(href))?.[0] ?? '/flows';

const roles = { OWNER: 'Owner', ADMIN: 'Admin', MEMBER: 'Member' } as const;

interface ShellProps {
  readonly session: Session;
  readonly here: Place;
  readonly counts?: Readonly<Partial<Record<Place, string>>>;
  /** As wide as the window: for what stands side by side. */
  readonly wide?: boolean;
  /** In which its days are told, where it is not the org's: a flow keeps its own. */
  readonly zone?: string;
  readonly children: ComponentChildren;
}

export const Shell = ({ session, here, counts = {}, wide = false, zone, children }: ShellProps) => (
  <>
    <a class="skip button" href="#main">
      Skip to the content
    </a>
    <div class="shell">
      <nav class="side" aria-label="Booflow">
        <a class="logo" href="/flows">
          <Mark />
          Booflow
        </a>
        {places.map(([href, title]) => (
          <a href={href} aria-current={href === here ? 'page' : undefined}>
            {title}
            {counts[href] !== undefined && <span class="num small">{counts[href]}</span>}
          </a>
        ))}
        <div class="org">
          {session.orgs.length > 1 ? (
            <details class="orgs">
              <summary>
                <span class="unseen">Switch the organization: </span>
                <Whose session={session} />
                <span class="chevron" aria-hidden="true" />
              </summary>
              <form method="post" action="/settings/org" class="card">
                <Csrf secret={session.secret} />
                <input type="hidden" name="next" value={here} />
                {session.orgs.map((o) => (
                  <button
                    type="submit"
                    name="org"
                    value={o.id}
                    aria-current={o.id === session.org?.id ? 'true' : undefined}
                  >
                    {o.name}
                    <span class="small">{roles[o.role]}</span>
                  </button>
                ))}
              </form>
            </details>
          ) : (
            <Whose session={session} />
          )}
          <form method="post" action="/sign-out">
            <Csrf secret={session.secret} />
            <button type="submit" class="button quiet">
              Sign out
            </button>
          </form>
          <button type="button" class="button quiet keys" data-keys hidden>
            Shortcuts <kbd>?</kbd>
          </button>
        </div>
      </nav>
      <main id="main" class={wide ? 'side-by-side' : undefined} tabIndex={-1}>
        <OfOrg.Provider value={session.org?.id ?? null}>
          <TimeZone.Provider value={zone ?? session.org?.timeZone ?? 'UTC'}>{children}</TimeZone.Provider>
        </OfOrg.Provider>
      </main>
    </div>
    <KeysHelp />
    <script type="module" src="/assets/keys.js" />
  </>
);

const Whose = ({ session }: { readonly session: Session }) => (
  <>
    <Face kind="member" name={session.org?.name ?? session.name} />
    <span class="grow">
      {session.org?.name ?? 'No organization'}
      <span class="small">
        {session.name}
        {session.org && `, ${roles[session.org.role].toLowerCase()}`}
      </span>
    </span>
  </>
);
