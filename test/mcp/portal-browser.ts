/** A browser without JavaScript: keeps its cookies, sends plain forms, follows nothing by itself. */

export interface Page {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly location: string | null;
  readonly cookies: readonly string[];
}

export class Browser {
  /** All cookies' values and forms' proofs that any of them ever held. */
  static readonly secrets = new Set<string>();
  readonly #url: string;
  readonly #cookies = new Map<string, string>();

  constructor(url: string) {
    this.#url = url;
  }

  /** One that has opened this link and pressed its button. */
  static async opened(url: string, link: string): Promise<Browser> {
    const browser = new Browser(url);
    const page = await browser.open(link);
    if (page.status !== 303) throw new Error(`The link answers ${page.status}`);
    return browser;
  }

  /** Looks at the link and presses its button. */
  async open(link: string): Promise<Page> {
    const { text } = await this.get(link);
    return this.post(link, { csrf: csrfIn(text) });
  }

  get(path: string): Promise<Page> {
    return this.#fetch(path, { method: 'GET' });
  }

  post(path: string, form: Record<string, string>, headers: Record<string, string> = {}): Promise<Page> {
    return this.#fetch(path, { method: 'POST', body: new URLSearchParams(form), headers });
  }

  /** The portal's page, and its forms' proof. */
  async portal(): Promise<{ page: Page; csrf: string }> {
    const page = await this.get('/portal');
    const csrf = csrfIn(page.text);
    Browser.secrets.add(csrf);
    return { page, csrf };
  }

  /** A form with files, as a browser without JavaScript sends it. */
  send(path: string, form: FormData): Promise<Page> {
    return this.#fetch(path, { method: 'POST', body: form });
  }

  async #fetch(path: string, request: RequestInit & { headers?: Record<string, string> }): Promise<Page> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...request.headers, cookie };
    const answer = await fetch(new URL(path, this.#url), { ...request, redirect: 'manual', headers });
    const cookies = answer.headers.getSetCookie();
    for (const line of cookies) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (name === undefined || value === undefined) continue;
      this.#cookies.set(name, value);
      if (value !== '') Browser.secrets.add(value);
    }
    return {
      status: answer.status,
      headers: answer.headers,
      text: await answer.text(),
      location: answer.headers.get('location'),
      cookies,
    };
  }
}

/** The proof of the first form on a page; '' when it has none. */
export const csrfIn = (html: string): string => /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? '';
