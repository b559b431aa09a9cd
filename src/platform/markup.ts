/** HTML for mails, escaped by construction: what is put into the template is text unless it came from one itself. */

export class Markup {
  readonly html: string;
  constructor(html: string) {
    this.html = html;
  }
}

export type Part = string | number | Markup | null | readonly Part[];

const escaped = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

const htmlOf = (part: Part): string => {
  if (part === null) return '';
  if (part instanceof Markup) return part.html;
  if (typeof part === 'object') return part.map(htmlOf).join('');
  return escaped(String(part));
};

/** A template: markup`<p>${name}</p>`. */
export const markup = (strings: TemplateStringsArray, ...parts: readonly Part[]): Markup =>
  new Markup(strings.reduce((html, string, i) => html + htmlOf(parts[i - 1] ?? null) + string));
