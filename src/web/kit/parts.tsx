/** Parts that several pages share. */
import { type ComponentChildren, createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { csrfToken } from './csrf.ts';
import { forPeople } from './for-people.ts';

/**
 * Between two things that are told in one line. It stands in the text of both: where each was a part of its own, the
 * gap of the parts came to the space, and a narrow line began with it. The line breaks after it only.
 */
export const dot = '\u00a0· ';

/** Of which organization this page is; null: of none, or it does not matter. */
export const OfOrg = createContext<string | null>(null);

/** A form's proof that it is ours, and the organization that whoever sends it saw above it. */
export function Csrf({ secret }: { readonly secret: string }) {
  const org = useContext(OfOrg);
  return (
    <>
      <input type="hidden" name="csrf" value={csrfToken(secret)} />
      {org !== null && <input type="hidden" name="of_org" value={org} />}
    </>
  );
}

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
      {bad ? forPeople(text) : text}
    </p>
  );
