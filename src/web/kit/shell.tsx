/** The frame of a member's pages: where one can go, and as whom. */
import type { ComponentChildren } from 'preact';
import type { Session } from '../../oauth/session.ts';
import { Face } from './face.tsx';
import { Csrf, Mark } from './parts.tsx';

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
