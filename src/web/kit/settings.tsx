/** The frame of the settings pages: which of them, and of which org. */
import type { ComponentChildren } from 'preact';
import type { Session } from '../../oauth/session.ts';
import { Csrf } from './parts.tsx';
import { Shell } from './shell.tsx';

const tabs = [
  ['/settings/organization', 'Organization'],
  ['/settings/members', 'Members'],
  ['/settings/api-keys', 'API keys'],
  ['/settings/apps', 'Connected apps'],
  ['/settings/sessions', 'My sessions'],
] as const;

interface SettingsProps {
  readonly session: Session;
  readonly here: (typeof tabs)[number][0];
  readonly children: ComponentChildren;
}

export const Settings = ({ session, here, children }: SettingsProps) => (
  <Shell session={session} here="/settings">
    <div class="settings">
      <nav class="tabs" aria-label="Settings">
        {tabs.map(([href, title]) => (
          <a href={href} aria-current={href === here ? 'page' : undefined}>
            {title}
          </a>
        ))}
      </nav>
      {session.orgs.length > 1 && here !== '/settings/sessions' && (
        <form method="post" action="/settings/org" class="switch">
          <Csrf secret={session.secret} />
          <input type="hidden" name="next" value={here} />
          <label for="org">Organization</label>
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
        </form>
      )}
      {children}
    </div>
  </Shell>
);
