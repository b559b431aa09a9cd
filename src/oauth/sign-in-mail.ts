/** The mail with a link to sign in. */
import { greeting, letter, type WrittenLetter } from '../platform/letter.ts';
import type { SignInMail } from './sign-in.ts';

export const writeSignInMail = ({ name, link }: SignInMail): WrittenLetter & { readonly subject: string } => ({
  subject: 'Your link to sign in to Booflow',
  ...letter({
    title: 'Sign in to Booflow',
    hello: greeting(name),
    opening: 'Here is your link to sign in. It works once, for 15 minutes.',
    points: [],
    button: 'Sign in',
    link,
    signature: ['Booflow'],
    why: 'You get this mail because someone asked for a link with your address. If it was not you, do nothing.',
  }),
});
