/**
 * Views of tools' results (MCP Apps, `io.modelcontextprotocol/ui`, 2026-01-26): one page each, whole in itself, that a
 * host shows in a sandbox and hands the tool's structured content. A host that can't shows the text.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Resource, TextResourceContents } from '@modelcontextprotocol/server';
import type { View } from '../operations/operation.ts';

const mimeType = 'text/html;profile=mcp-app';

export const viewUri = (view: View): string => `ui://booflow/${view}`;

/** A tool's `_meta` that names its view. */
export const viewMeta = (view: View): Record<string, unknown> => ({
  ui: { resourceUri: viewUri(view), visibility: ['model', 'app'] },
});

export interface Views {
  readonly listed: Resource[];
  /** The page at this address; null when it is no view's. */
  read(uri: string): TextResourceContents | null;
}

const titles: Record<View, { readonly title: string; readonly description: string }> = {
  flow: { title: 'Flow graph', description: "Draws a flow's tasks as a graph, with its progress." },
};

const viewNames = ['flow'] as const satisfies readonly View[];

const textOf = (url: URL): string => readFileSync(fileURLToPath(url), 'utf8');
const here = (name: string): string => textOf(new URL(`./views/${name}`, import.meta.url));

/** `tokens` are the pages' own: colours, spaces, sizes. `publicUrl` is where "Open in Booflow" leads. */
export function makeViews(options: { readonly tokens: string; readonly publicUrl: string }): Views {
  const pages = new Map(viewNames.map((name) => [viewUri(name), pageOf(name, options)]));
  // Nothing is fetched from anywhere: a host may shut its sandbox as tightly as it can.
  const ui = { csp: { connectDomains: [], resourceDomains: [] }, prefersBorder: true };
  return {
    listed: viewNames.map((name) => ({ uri: viewUri(name), name: `view-${name}`, ...titles[name], mimeType })),
    read(uri) {
      const text = pages.get(uri);
      return text === undefined ? null : { uri, mimeType, text, _meta: { ui } };
    },
  };
}

function pageOf(name: View, { tokens, publicUrl }: { readonly tokens: string; readonly publicUrl: string }): string {
  const layout = textOf(new URL('./dagre.min.js', import.meta.resolve('@dagrejs/dagre')));
  const license = textOf(new URL('./dagre.min.js.LEGAL.txt', import.meta.resolve('@dagrejs/dagre')));
  const scripts = [`${license}\n${layout.replace(/^\/\/# sourceMappingURL=.*$/m, '')}`, here(`${name}.js`)];
  // The pages' typeface is served from Booflow, which a sandbox can't reach.
  const style = `${tokens.replace(/@font-face \{[^}]*\}/g, '')}\n${here(`${name}.css`)}`;
  const policy = [
    "default-src 'none'",
    `script-src ${scripts.map(hashOf).join(' ')}`,
    `style-src ${hashOf(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${titles[name].title}</title>
<style>${style}</style>
</head>
<body data-home="${publicUrl}">
${here(`${name}.html`)}
${scripts.map((s) => `<script>${s}</script>`).join('\n')}
</body>
</html>
`;
}

/** CSP level 3 §2.3.1: the hash of an inline script or style. */
const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
