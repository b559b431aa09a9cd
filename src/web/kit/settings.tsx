/** The frame of the settings pages: which of them, and of which org. */
import type { ComponentChildren } from 'preact';
import type { Session } from '../../oauth/session.ts';
import { Shell } from './shell.tsx';

const tabs = [
  ['/settings/organization', 'Organization'],
  ['/settings/members', 'Members'],
  ['/settings/api-keys', 'API keys'],
  ['/settings/apps', 'Connected apps'],
  ['/settings/webhooks', 'Webhooks'],
  ['/settings/data', 'Data'],
  ['/settings/account', 'My account'],
  ['/settings/notifications', 'My notifications'],
  ['/settings/sessions', 'My sessions'],
] as const;

interface SettingsProps {
  readonly session: Session;
  readonly here: (typeof tabs)[number][0];
  readonly children: ComponentChildren;
}

export const Settings = ({ session, here, children }: SettingsProps) => (
  <Shell session={session} here="/settings">
    <div class="aside">
      <nav class="tabs" aria-label="Settings">
        {tabs.map(([href, title]) => (
          <a href={href} aria-current={href === here ? 'page' : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <div class="settings">{children}</div>
    </div>
  </Shell>
);
