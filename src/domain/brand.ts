/** An org's colour, made readable: chosen once, shown in a shade that can be read in light, in dark and in mail. */

/** One mode's shades, each `#rrggbb`. Text in `brand` on the page, on `soft`, and in `ink` on `brand` has 4.5 : 1. */
export interface Shades {
  readonly brand: string;
  /** What is written on a button of this colour. */
  readonly ink: string;
  /** A tint behind text of this colour. */
  readonly soft: string;
}

export interface BrandShades {
  readonly light: Shades;
  readonly dark: Shades;
}

/** Booflow's own green, for orgs that chose none. */
export const ownColour = '#0b6b58';

/** `#rrggbb`, as it may be written; it is kept in lower case. */
export const colourPattern = /^#[0-9a-fA-F]{6}$/;

/** WCAG 2.2, 1.4.3: for text. */
const readable = 4.5;
const white = '#ffffff';
const night = '#06160f';
/** The cards and pages that text stands on, of the design's tokens. */
const grounds = { light: [white, '#faf9f6'], dark: ['#1b1e1b', '#131513'] } as const;

/** The shades of a colour (`#rrggbb`), as near to it as can be read: darker in light mode, lighter in dark mode. */
export function brandShades(colour: string): BrandShades {
  return { light: shadesOn('light', colour), dark: shadesOn('dark', colour) };
}

function shadesOn(mode: 'light' | 'dark', colour: string): Shades {
  const [hue, saturation, lightness] = hslOf(colour);
  const towards = mode === 'light' ? -1 : 1;
  const soft = mix(colour, grounds[mode][0], mode === 'light' ? 0.12 : 0.22);
  for (let step = 0; step <= 100; step++) {
    const l = lightness + towards * step;
    if (l < 0 || l > 100) break;
    const brand = step === 0 ? colour : hexOf(hue, saturation, l);
    const ink = contrast(white, brand) >= readable ? white : night;
    const pairs = [[ink, brand], [brand, soft], ...grounds[mode].map((ground) => [brand, ground])] as const;
    if (pairs.every(([a = '', b = '']) => contrast(a, b) >= readable)) return { brand, ink, soft };
  }
  // Black on white and white on black always can.
  return mode === 'light' ? { brand: '#000000', ink: white, soft } : { brand: white, ink: night, soft };
}

/** What to say of a colour that is not shown as it was chosen; null when it is, in both modes. */
export function adjustment(colour: string): string | null {
  const { light, dark } = brandShades(colour);
  const changed = [
    ...(light.brand === colour ? [] : [`${light.brand} on light pages and in mail`]),
    ...(dark.brand === colour ? [] : [`${dark.brand} on dark pages`]),
  ];
  return changed.length === 0 ? null : `So that it can be read, ${colour} is shown as ${changed.join(' and as ')}.`;
}

/** WCAG 2.2's contrast ratio of two colours, 1 to 21. */
export function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

function luminance(colour: string): number {
  const [r, g, b] = channels(colour).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
}

/** Red, green, blue, each 0 to 1. */
const channels = (colour: string): number[] => [1, 3, 5].map((i) => Number.parseInt(colour.slice(i, i + 2), 16) / 255);

const hex = (rgb: readonly number[]): string =>
  `#${rgb
    .map((c) =>
      Math.round(Math.min(1, Math.max(0, c)) * 255)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;

/** `share` of the one, the rest of the other. */
function mix(one: string, other: string, share: number): string {
  const rest = channels(other);
  return hex(channels(one).map((c, i) => c * share + (rest[i] ?? 0) * (1 - share)));
}

/** Hue in degrees, saturation and lightness in per cent. */
function hslOf(colour: string): [number, number, number] {
  const [r = 0, g = 0, b = 0] = channels(colour);
  const max = Math.max(r, g, b);
  const min = Math.min(r, g, b);
  const spread = max - min;
  const l = (max + min) / 2;
  if (spread === 0) return [0, 0, l * 100];
  const s = spread / (1 - Math.abs(2 * l - 1));
  const h = max === r ? ((g - b) / spread) % 6 : max === g ? (b - r) / spread + 2 : (r - g) / spread + 4;
  return [h * 60, s * 100, l * 100];
}

function hexOf(hue: number, saturation: number, lightness: number): string {
  const l = lightness / 100;
  const a = (saturation / 100) * Math.min(l, 1 - l);
  const channel = (n: number): number => {
    const k = (n + hue / 30 + 12) % 12;
    return l - a * Math.max(-1, Math.min(k - 3, 9 - k, 1));
  };
  return hex([channel(0), channel(8), channel(4)]);
}
