/** A person's browser, as far as it matters here: keeps cookies, follows nothing by itself, fills in forms as they are. */
import { demoPassword } from '../../src/demo/people.ts';

export interface Page {
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
  /** Where it redirects to, in full; null when it does not. */
  readonly to: URL | null;
  /** The fields of the page's form that is sent there, with what is filled in already. Throws when there is none. */
  form(action: string): Record<string, string>;
}

type Fields = Readonly<Record<string, string>>;

export class Person {
  readonly cookies = new Map<string, string>();

  constructor(
    readonly url: string,
    /** Sent along with everything. */
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  get(path: string, headers: Fields = {}): Promise<Page> {
    return this.#send(path, { headers });
  }

  post(path: string, fields: Fields, headers: Fields = {}): Promise<Page> {
    return this.#send(path, { method: 'POST', headers, body: new URLSearchParams(fields) });
  }

  /** Signs in by the form of the page; gives what comes after it. */
  async signIn(email: string, password: string = demoPassword, next = '/settings'): Promise<Page> {
    const page = await this.get(`/sign-in?${new URLSearchParams({ next })}`);
    return this.post('/sign-in', { ...page.form('/sign-in'), email, password });
  }

  async #send(path: string, init: RequestInit): Promise<Page> {
    const url = new URL(path, this.url);
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...this.headers, ...(cookie && { cookie }), ...Object.fromEntries(new Headers(init.headers)) };
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (name === undefined || value === undefined) continue;
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const html = await answer.text();
    const location = answer.headers.get('location');
    return {
      status: answer.status,
      headers: answer.headers,
      html,
      to: location === null ? null : new URL(location, url),
      form: (action) => formOf(html, action),
    };
  }
}

function formOf(html: string, action: string): Record<string, string> {
  const forms = html.match(/<form\b[\s\S]*?<\/form>/g) ?? [];
  const form = forms.find((f) => attribute(f, 'action') === action && attribute(f, 'method') === 'post');
  if (form === undefined) throw new Error(`No form of this page is sent to ${action}:\n${html}`);
  const inputs = (form.match(/<input\b[^>]*>/g) ?? []).map(
    (i) => [attribute(i, 'name'), attribute(i, 'value')] as const,
  );
  return Object.fromEntries(inputs.filter(([name]) => name !== ''));
}

const attribute = (tag: string, name: string): string =>
  plain(new RegExp(`^<[^>]*?\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? '');

const plain = (text: string): string =>
  text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
