/** The frame of the settings pages: which of them, and of which org. */
import type { ComponentChildren } from 'preact';
import type { Session } from '../../oauth/session.ts';
import { Shell } from './shell.tsx';

/** A MEMBER finds nothing to do on the pages that are for admins, so they aren't offered. */
const tabs = [
  ['/settings/organization', 'Organization', 'all'],
  ['/settings/members', 'Members', 'all'],
  ['/settings/api-keys', 'API keys', 'all'],
  ['/settings/apps', 'Connected apps', 'all'],
  ['/settings/webhooks', 'Webhooks', 'admins'],
  ['/settings/data', 'Data', 'admins'],
  ['/settings/account', 'My account', 'all'],
  ['/settings/notifications', 'My notifications', 'all'],
  ['/settings/sessions', 'My sessions', 'all'],
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
        {tabs
          .filter(([, , who]) => who === 'all' || session.org?.role !== 'MEMBER')
          .map(([href, title]) => (
            <a href={href} aria-current={href === here ? 'page' : undefined}>
              {title}
            </a>
          ))}
      </nav>
      <div class="settings">{children}</div>
    </div>
  </Shell>
);
