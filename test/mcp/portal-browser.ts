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

  /** One that has opened this link. */
  static async opened(url: string, link: string): Promise<Browser> {
    const browser = new Browser(url);
    const page = await browser.get(link);
    if (page.status !== 303) throw new Error(`The link answers ${page.status}`);
    return browser;
  }

  get(path: string): Promise<Page> {
    return this.#fetch(path, { method: 'GET' });
  }

  post(path: string, form: Record<string, string>): Promise<Page> {
    return this.#fetch(path, { method: 'POST', body: new URLSearchParams(form) });
  }

  /** The portal's page, and its forms' proof. */
  async portal(): Promise<{ page: Page; csrf: string }> {
    const page = await this.get('/portal');
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    Browser.secrets.add(csrf);
    return { page, csrf };
  }

  async #fetch(path: string, request: RequestInit): Promise<Page> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(new URL(path, this.#url), { ...request, redirect: 'manual', headers: { cookie } });
    const cookies = answer.headers.getSetCookie();
    for (const line of cookies) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (name === undefined || value === undefined) continue;
      this.#cookies.set(name, value);
      if (value !== '') Browser.secrets.add(value);
    }
    const { status, headers } = answer;
    return { status, headers, text: await answer.text(), location: headers.get('location'), cookies };
  }
}
