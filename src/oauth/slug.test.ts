import fc from 'fast-check';
import { expect, test } from 'vitest';
import { slugOf } from './slug.ts';

test.each([
  ['Acme Agency', 'acme-agency'],
  ['  Müller & Söhne GmbH ', 'muller-and-sohne-gmbh'],
  ['Straße 9', 'strasse-9'],
  ["Jane's Studio", 'janes-studio'],
  ['株式会社', 'org'],
  ['---', 'org'],
  ['a'.repeat(200), 'a'.repeat(63)],
])('%j is %j', (name, slug) => expect(slugOf(name)).toBe(slug));

test('fits the database whatever the name', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (name) => /^[a-z0-9][a-z0-9-]{0,62}$/.test(slugOf(name))));
});
