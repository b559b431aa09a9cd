/** The frame of every page: rendered on the server, escaped, no inline script. */
import type { ComponentChildren } from 'preact';
import { render } from './render.ts';

export interface PageProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** Scripts of ours that make the page better; it works without them. */
  readonly scripts?: readonly string[];
  /** Style sheets of ours beside the common ones, such as an org's colour. */
  readonly styles?: readonly string[];
  /** Where no script runs, the page loads itself anew after so many seconds: with one it would take focus and place away. */
  readonly refreshWithoutScript?: number;
}

/** The whole document as text. */
export function renderPage({ title, children, scripts = [], styles = [], refreshWithoutScript }: PageProps): string {
  const html = render(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{title}</title>
        <link rel="icon" href="/assets/favicon.svg" type="image/svg+xml" />
        <link
          rel="preload"
          href="/assets/fonts/inter-latin-wght-normal.woff2"
          as="font"
          type="font/woff2"
          crossorigin="anonymous"
        />
        <link rel="stylesheet" href="/assets/tokens.css" />
        <link rel="stylesheet" href="/assets/pages.css" />
        <link rel="stylesheet" href="/assets/shell.css" />
        {styles.map((href) => (
          <link rel="stylesheet" href={href} />
        ))}
        {scripts.map((src) => (
          <script type="module" src={src} />
        ))}
        {refreshWithoutScript !== undefined && (
          <noscript>
            <meta http-equiv="refresh" content={String(refreshWithoutScript)} />
          </noscript>
        )}
      </head>
      <body>{children}</body>
    </html>,
  );
  return `<!doctype html>${html}`;
}
