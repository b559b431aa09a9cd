/** The mails of signing up: prove the address, or hear that it has an account already. */
import { type AddressedLetter, greeting, letter } from '../platform/letter.ts';

interface SignUpMail {
  readonly to: string;
  readonly name: string;
  readonly orgName: string;
  readonly link: string;
}

export const writeSignUp = ({ to, name, orgName, link }: SignUpMail): AddressedLetter => ({
  to,
  subject: 'Confirm your mail address',
  ...letter({
    title: 'Confirm your mail address',
    hello: greeting(name),
    opening: `One step is left to make ${orgName} on Booflow: confirm that this address is yours, and choose a password. The link works once, for 24 hours.`,
    points: [],
    button: 'Confirm and go on',
    link,
    signature: ['Booflow'],
    why: 'You get this mail because someone signed up with your address. If it was not you, do nothing: nothing was made.',
  }),
});

export const writeAccountExists = ({ to, orgName, link }: Omit<SignUpMail, 'name'>): AddressedLetter => ({
  to,
  subject: 'You have an account already',
  ...letter({
    title: 'You have an account already',
    hello: 'Hello,',
    opening: `Someone, probably you, signed up for ${orgName} with this address. It has an account already: sign in, with your password or with a link by mail, and make the organization from there.`,
    points: [],
    button: 'Sign in',
    link,
    signature: ['Booflow'],
    why: 'You get this mail because someone signed up with your address. If it was not you, do nothing: nothing was changed.',
  }),
});
