/** The mail that tells a person of a new password. */
import { type AddressedLetter, greeting, letter } from '../platform/letter.ts';

interface PasswordChanged {
  readonly to: string;
  readonly name: string;
  /** From where, such as "Chrome on a Mac". */
  readonly device: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly link: string;
}

const moment = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });

export const writePasswordChanged = ({ to, name, device, at, link }: PasswordChanged): AddressedLetter => ({
  to,
  subject: 'Your Booflow password was changed',
  ...letter({
    title: 'Your password was changed',
    hello: greeting(name),
    opening: `Your password was changed on ${moment.format(at)} UTC, from ${device}, and every other browser was signed out. If that was you, all is well.`,
    points: [
      'If it was not you: have a link to sign in sent to you, and choose a new password under Settings, My account.',
      'Then look at your API keys and connected apps: a new password does not end them.',
    ],
    button: 'Sign in',
    link,
    signature: ['Booflow'],
    why: 'You get this mail because the password of your account was changed.',
  }),
});
