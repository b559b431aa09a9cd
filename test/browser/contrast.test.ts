/** The colours themselves, by role: text 4.5 to 1 and shapes 3 to 1, in light and in dark. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const css = readFileSync(new URL('../../src/web/assets/tokens.css', import.meta.url), 'utf8');
const tokens = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(([, name, light, dark]) => [
    name ?? '',
    { light: light ?? '', dark: dark ?? '' },
  ]),
);

const light = (hex: string): number => {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a: string, b: string): number => {
  const [low = 0, high = 0] = [light(a), light(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
};

const grounds = ['paper', 'card', 'sunk'];
const texts = [
  ...['ink', 'ink-2', 'brand', 'ready', 'done', 'late', 'bad'].flatMap((ink) => grounds.map((ground) => [ink, ground])),
  ...['brand', 'ready', 'done', 'late', 'bad'].map((role) => [role, `${role}-soft`]),
  ['ink', 'late-soft'],
  ['brand-ink', 'brand'],
  ...grounds.map((ground) => ['ink-3', ground]),
];

describe.each(['light', 'dark'] as const)('%s', (mode) => {
  test.each(texts)('text in %s on %s', (ink = '', ground = '') => {
    const [a, b] = [tokens.get(ink)?.[mode] ?? '', tokens.get(ground)?.[mode] ?? ''];
    expect(contrast(a, b)).toBeGreaterThanOrEqual(4.5);
  });

  test.each(grounds)('shapes and edges of fields in ink-3 on %s', (ground) => {
    expect(contrast(tokens.get('ink-3')?.[mode] ?? '', tokens.get(ground)?.[mode] ?? '')).toBeGreaterThanOrEqual(3);
  });
});
