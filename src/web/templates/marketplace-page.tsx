/** The marketplace: public templates, for anyone to look at and for members to copy. */
import type { ComponentChildren } from 'preact';
import type { z } from 'zod';
import type { Session } from '../../oauth/session.ts';
import type { listPublicTemplates } from '../../operations/list-public-templates.ts';
import { count } from '../../operations/words.ts';
import { numberWord } from '../kit/number.ts';
import { renderPage } from '../kit/page.tsx';
import { Mark } from '../kit/parts.tsx';
import { Shell } from '../kit/shell.tsx';

type Listed = z.output<typeof listPublicTemplates.output>['templates'][number];

interface FrameProps {
  /** Null for who is not signed in, or in no org. */
  readonly session: Session | null;
  /** Where to come back to after signing in. */
  readonly next: string;
  readonly children: ComponentChildren;
}

/** A member's own frame, or a plain one with the way in. */
export const OpenFrame = ({ session, next, children }: FrameProps) =>
  session ? (
    <Shell session={session} here="/templates">
      {children}
    </Shell>
  ) : (
    <div class="shell open">
      <header class="top">
        <a class="brand" href="/">
          <Mark />
          Booflow
        </a>
        <a class="button" href={`/sign-in?${new URLSearchParams({ next })}`}>
          Sign in
        </a>
      </header>
      <main id="main">{children}</main>
    </div>
  );

export interface MarketplaceView {
  readonly session: Session | null;
  readonly templates: readonly Listed[];
  readonly category: string | null;
}

export function marketplacePage({ session, templates, category }: MarketplaceView): string {
  const categories = [...new Set(templates.map((t) => t.category))].filter((c) => c !== '');
  const shown = templates.filter((t) => category === null || t.category === category);
  return renderPage({
    title: 'Marketplace',
    styles: ['/assets/templates.css'],
    children: (
      <OpenFrame session={session} next="/marketplace">
        <div class="head">
          <div>
            <h1>
              {shown.length === 1 ? 'One template' : `${numberWord(shown.length)} templates`}
              {category === null ? ' to start from' : ` for ${category.toLowerCase()}`}
            </h1>
            <p class="small">
              Look at any of them, copy it to your organization, and change what is different with you.
            </p>
          </div>
        </div>
        <nav class="filters" aria-label="By category">
          <a
            class={category === null ? 'chip brand' : 'chip'}
            href="/marketplace"
            aria-current={category === null ? 'true' : undefined}
          >
            All {templates.length}
          </a>
          {categories.map((c) => (
            <a
              class={c === category ? 'chip brand' : 'chip'}
              href={`/marketplace?${new URLSearchParams({ category: c })}`}
              aria-current={c === category ? 'true' : undefined}
              key={c}
            >
              {c}
            </a>
          ))}
        </nav>
        {shown.length === 0 ? (
          <p class="card sheet">No public template is in this category.</p>
        ) : (
          <ul class="offers">
            {shown.map((t) => (
              <li class="card" key={t.id}>
                <a href={`/marketplace/${t.id}`}>
                  <b>{t.name}</b>
                </a>
                <p>{t.description}</p>
                <span class="facts small">
                  <span class="chip">{t.category || 'No category'}</span>
                  <span class="num">{count(t.steps, 'step')}</span>
                </span>
              </li>
            ))}
          </ul>
        )}
      </OpenFrame>
    ),
  });
}
