/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** What runs inside the page: each function alone, since it is sent there as text. */

/** What has the focus: its name as a reader's software says it, and the outline that shows it. */
export function focused(): { name: string; outline: string } {
  const at = document.activeElement;
  if (!(at instanceof HTMLElement)) return { name: '', outline: '' };
  const label = at instanceof HTMLInputElement || at instanceof HTMLSelectElement ? at.labels?.[0]?.textContent : null;
  const { outlineStyle, outlineWidth } = getComputedStyle(at);
  return {
    name: (label ?? at.getAttribute('aria-label') ?? at.textContent ?? '').trim(),
    outline: `${outlineStyle} ${outlineWidth}`,
  };
}

export interface Found {
  readonly headings: number;
  readonly primaries: number;
  readonly unlabelled: string[];
  /** Targets lower than they should be. */
  readonly small: string[];
  /** Text with less contrast than 4.5 to 1, as it is really painted. */
  readonly pale: string[];
  /** Pixels the page is wider than the window. */
  readonly sideways: number;
}

export function inspect(least: number): Found {
  const seen = (e: Element): boolean => e.checkVisibility() && e.getBoundingClientRect().width > 1;
  const all = (selector: string): Element[] => [...document.querySelectorAll(selector)].filter(seen);
  const say = (e: Element): string => `${e.tagName.toLowerCase()} ${(e.textContent ?? '').trim().slice(0, 40)}`;

  const fields = all('input:not([type=hidden]), select, textarea');
  const unlabelled = fields.filter((f) => 'labels' in f && f.labels instanceof NodeList && f.labels.length === 0);

  const targets = all('button, a, select, input:not([type=hidden])');
  const small = targets.filter((t) => Math.round(t.getBoundingClientRect().height) < least);

  // A canvas turns any way of writing a colour into what is painted.
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const paint = (colours: readonly string[]): readonly number[] => {
    if (!context) return [];
    context.clearRect(0, 0, 1, 1);
    for (const colour of colours) {
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
    }
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb: readonly number[]): number => {
    const [r = 0, g = 0, b = 0] = rgb.map((c) => {
      const part = c / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (e: Element | null): string[] =>
    e ? [...behind(e.parentElement), getComputedStyle(e).backgroundColor] : [];
  const texts = all('body *').filter((e) => [...e.childNodes].some((c) => c.nodeType === 3 && c.textContent?.trim()));
  const pale = texts.flatMap((e) => {
    const ground = behind(e);
    const [a, b] = [light(paint([...ground, getComputedStyle(e).color])), light(paint(ground))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    return ratio < 4.5 ? [`${say(e)}: ${ratio.toFixed(2)}`] : [];
  });
  return {
    headings: all('h1').length,
    primaries: all('.button.primary').length,
    unlabelled: unlabelled.map(say),
    small: small.map((t) => `${say(t)}: ${t.getBoundingClientRect().height}`),
    pale,
    sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  };
}
