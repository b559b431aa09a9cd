/** Parts that several pages share. */
import type { ComponentChildren } from 'preact';
import type { Session } from '../../oauth/session.ts';
import { csrfToken } from './csrf.ts';

export const Csrf = ({ secret }: { readonly secret: string }) => (
  <input type="hidden" name="csrf" value={csrfToken(secret)} />
);

export const Brand = () => (
  <a class="brand" href="/" aria-label="Booflow">
    <span class="mark" aria-hidden="true">
      B
    </span>
    Booflow
  </a>
);

/** A page with one thing on it: sign-in, consent. */
export const Solo = ({ children }: { readonly children: ComponentChildren }) => (
  <main class="solo">
    <Brand />
    <div class="card sheet">{children}</div>
  </main>
);

export const Notice = ({ text, bad }: { readonly text: string | null; readonly bad?: boolean }) =>
  text === null ? null : (
    <p class={bad ? 'notice bad' : 'notice'} role={bad ? 'alert' : 'status'}>
      {text}
    </p>
  );

const tabs = [
  ['/settings/api-keys', 'API keys'],
  ['/settings/apps', 'Connected apps'],
  ['/settings/sessions', 'My sessions'],
] as const;

interface SettingsProps {
  readonly session: Session;
  readonly here: (typeof tabs)[number][0];
  readonly children: ComponentChildren;
}

/** The frame of the settings pages: where one is, and as whom. */
export const Settings = ({ session, here, children }: SettingsProps) => (
  <>
    <header class="top">
      <Brand />
      <form method="post" action="/settings/org" class="switch">
        <Csrf secret={session.secret} />
        <input type="hidden" name="next" value={here} />
        {session.orgs.length > 1 ? (
          <>
            <label class="unseen" for="org">
              Organization
            </label>
            <select id="org" name="org">
              {session.orgs.map((o) => (
                <option value={o.id} selected={o.id === session.org?.id}>
                  {o.name}
                </option>
              ))}
            </select>
            <button type="submit" class="button">
              Switch
            </button>
          </>
        ) : (
          <b>{session.org?.name ?? 'No organization'}</b>
        )}
      </form>
      <form method="post" action="/sign-out">
        <Csrf secret={session.secret} />
        <span class="small">{session.name}</span>
        <button type="submit" class="button quiet">
          Sign out
        </button>
      </form>
    </header>
    <main class="wide">
      <nav class="tabs" aria-label="Settings">
        <a href="/flows">Flows</a>
        {tabs.map(([href, title]) => (
          <a href={href} aria-current={href === here ? 'page' : undefined}>
            {title}
          </a>
        ))}
      </nav>
      {children}
    </main>
  </>
);
