/** Parts that several pages share. */
import type { ComponentChildren } from 'preact';
import { csrfToken } from './csrf.ts';

export const Csrf = ({ secret }: { readonly secret: string }) => (
  <input type="hidden" name="csrf" value={csrfToken(secret)} />
);

export const Mark = () => (
  <svg width="22" height="22" viewBox="0 0 24 24" aria-hidden="true">
    <path d="M4 6h6a4 4 0 0 1 4 4v4a4 4 0 0 0 4 4h2" fill="none" stroke="var(--brand)" stroke-width="2.6" />
    <circle cx="4" cy="6" r="3" fill="var(--brand)" />
    <circle cx="20" cy="18" r="3" fill="var(--ink)" />
  </svg>
);

/** A page with one thing on it: sign-in, consent. */
export const Solo = ({ children }: { readonly children: ComponentChildren }) => (
  <main class="solo">
    <div class="card sheet">
      <p class="brand">
        <Mark />
        Booflow
      </p>
      {children}
    </div>
  </main>
);

export const Notice = ({ text, bad }: { readonly text: string | null; readonly bad?: boolean }) =>
  text === null ? null : (
    <p class={bad ? 'notice bad' : 'notice'} role={bad ? 'alert' : 'status'}>
      {text}
    </p>
  );
