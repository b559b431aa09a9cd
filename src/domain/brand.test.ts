import fc from 'fast-check';
import { expect, test } from 'vitest';
import { adjustment, brandShades, contrast, ownColour } from './brand.ts';

const anyColour = fc.integer({ min: 0, max: 0xffffff }).map((n) => `#${n.toString(16).padStart(6, '0')}`);

test('contrast is as WCAG has it', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
  expect(contrast('#123456', '#123456')).toBe(1);
});

test('whatever colour is chosen, it can be read in both modes, on pages, on its tint and on buttons', () => {
  fc.assert(
    fc.property(anyColour, (colour) => {
      const { light, dark } = brandShades(colour);
      for (const [shades, grounds] of [
        [light, ['#ffffff', '#faf9f6']],
        [dark, ['#1b1e1b', '#131513']],
      ] as const) {
        for (const ground of [...grounds, shades.soft]) expect(contrast(shades.brand, ground)).toBeGreaterThan(4.49);
        expect(contrast(shades.ink, shades.brand)).toBeGreaterThan(4.49);
      }
    }),
  );
});

test('a colour that can be read is shown as it is', () => {
  expect(brandShades(ownColour).light.brand).toBe(ownColour);
  expect(brandShades('#1f4fd8').light).toMatchObject({ brand: '#1f4fd8', ink: '#ffffff' });
});

test('one that can not is shown darker or lighter, and that is said', () => {
  const { light, dark } = brandShades('#ffe600');
  expect(light.brand).not.toBe('#ffe600');
  expect(dark.brand).toBe('#ffe600');
  expect(adjustment('#ffe600')).toBe(
    `So that it can be read, #ffe600 is shown as ${light.brand} on light pages and in mail.`,
  );
  expect(adjustment('#000000')).toMatch(/^So that it can be read, #000000 is shown as #\w{6} on dark pages\.$/);
  expect(adjustment(ownColour)).toContain('on dark pages');
});
