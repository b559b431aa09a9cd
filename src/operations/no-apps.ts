/** What no connected app does: its consent page did not say it, or it would outlive the connection. */
import type { MemberPrincipal } from '../oauth/principal.ts';
import { Refusal } from './refusal.ts';

/** `never` completes "an app that was connected". */
export function refuseApps({ byApp }: MemberPrincipal, never: string): void {
  if (byApp)
    throw new Refusal(
      'not_allowed',
      `An app that was connected ${never}. Do it on the page, or with an API key. Nothing changed.`,
    );
}
