/** The frame of a member's pages: where one can go, and as whom. */
import type { ComponentChildren } from 'preact';
import type { Session } from '../../oauth/session.ts';
import { Face } from './face.tsx';
import { Csrf } from './parts.tsx';

const places = [
  ['/flows', 'Flows'],
  ['/tasks', 'My tasks'],
  ['/settings', 'Settings'],
] as const;

interface ShellProps {
  readonly session: Session;
  readonly here: (typeof places)[number][0];
  readonly counts?: Readonly<Partial<Record<(typeof places)[number][0], number>>>;
  readonly children: ComponentChildren;
}

export const Shell = ({ session, here, counts = {}, children }: ShellProps) => (
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
        <Face kind="member" name={session.org?.name ?? session.name} />
        <span>
          {session.org?.name ?? 'No organization'}
          <span class="small">
            {session.name}
            {session.org && ` · ${session.org.role}`}
          </span>
        </span>
        <form method="post" action="/sign-out">
          <Csrf secret={session.secret} />
          <button type="submit" class="button quiet">
            Sign out
          </button>
        </form>
      </div>
    </nav>
    <main id="main">{children}</main>
  </div>
);

const Mark = () => (
  <svg width="22" height="22" viewBox="0 0 24 24" aria-hidden="true">
    <path d="M4 6h6a4 4 0 0 1 4 4v4a4 4 0 0 0 4 4h2" fill="none" stroke="var(--brand)" stroke-width="2.6" />
    <circle cx="4" cy="6" r="3" fill="var(--brand)" />
    <circle cx="20" cy="18" r="3" fill="var(--ink)" />
  </svg>
);
