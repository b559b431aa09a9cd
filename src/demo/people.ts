/** The members of the demo orgs. */
import type { Email } from './script.ts';

export interface DemoUser {
  readonly id: string;
  readonly email: Email;
  readonly name: string;
}

export const olivia = { id: 'us_demo_olivia', email: 'olivia@acme.test', name: 'Olivia Brandt' } as const;
export const adam = { id: 'us_demo_adam', email: 'adam@acme.test', name: 'Adam Reyes' } as const;
export const mia = { id: 'us_demo_mia', email: 'mia@acme.test', name: 'Mia Tanaka' } as const;
export const gus = { id: 'us_demo_gus', email: 'gus@globex.test', name: 'Gus Lindqvist' } as const;

export const demoUsers: readonly DemoUser[] = [olivia, adam, mia, gus];

/** Everyone's, in the demo world. */
export const demoPassword = 'booflow-demo';
