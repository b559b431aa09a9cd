/** Which web pages may speak to `/api/mcp`. A request without `Origin` (a server, a CLI) is judged by its token. */

const ours = ['https://claude.ai', 'https://api.anthropic.com', 'https://booflow.com'];
const localHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Is this `Origin` header's value one that may call? `publicUrl` is the deployment's own. */
export function isAllowedOrigin(origin: string, publicUrl: string): boolean {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  if (url.origin !== origin) return false;
  return (
    ours.includes(url.origin) ||
    url.origin === new URL(publicUrl).origin ||
    ((url.protocol === 'http:' || url.protocol === 'https:') && localHosts.has(url.hostname))
  );
}
