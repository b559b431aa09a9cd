/** What stands for a person or an organization where there is room for a letter or two. */
import { expect, test } from 'vitest';
import { BrandHeader } from './brand.tsx';
import { initials } from './face.tsx';
import { render } from './render.ts';

test.each([
  ['Jane Alder', 'JA'],
  ['Jane van Alder', 'JA'],
  ['jane', 'JA'],
  ['👩‍🚀 Orbit', '👩‍🚀O'],
  ['👩‍🚀👨‍👩‍👧‍👦', '👩‍🚀👨‍👩‍👧‍👦'],
  ['', '?'],
])('initials of %j', (name, letters) => expect(initials(name)).toBe(letters));

test('an organization without a logo is its first letter, whole', () => {
  const branding = { name: '👩‍🚀 Orbit', colour: null, logo: null };
  expect(render(<BrandHeader branding={branding} about="Launch" />)).toContain('aria-hidden="true">👩‍🚀</span>');
});
