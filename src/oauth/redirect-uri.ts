/** Where an app may be sent back to: https, or loopback with any port (RFC 8252 §7.3); an exact match otherwise. */

const loopbackHosts = new Set(['127.0.0.1', '[::1]', 'localhost']);
const mostLetters = 2_000;

/** What is wrong with it as a redirect URI to register, or null. */
export function redirectUriProblem(uri: string): string | null {
  if (uri.length > mostLetters) return `is longer than ${mostLetters} characters`;
  if (!URL.canParse(uri)) return 'is no URL';
  const url = new URL(uri);
  if (url.username !== '' || url.password !== '') return 'has a user name in it';
  if (uri.includes('#')) return 'has a fragment';
  // What a browser would read otherwise than it is written: backslashes, white space, control characters.
  if (/[\p{C}\p{Z}\\]/u.test(uri)) return 'has white space or a backslash in it';
  // A URL's host may hold `;`, `,` and `*`, which mean something else in the headers it is written into.
  if (!/^([\w.-]+|\[[\da-f:]+\])$/.test(url.hostname)) return 'has a host that is no name and no address';
  if (url.protocol === 'https:') return null;
  if (url.protocol === 'http:' && loopbackHosts.has(url.hostname)) return null;
  return 'must be https, or http on localhost';
}

/** Is `given` one of the registered ones? Letter by letter, but for the port of a loopback address. */
export function matchesRedirectUri(given: string, registered: readonly string[]): boolean {
  if (redirectUriProblem(given) !== null) return false;
  return registered.some(
    (r) => r === given || (isLoopback(r) && isLoopback(given) && withoutPort(r) === withoutPort(given)),
  );
}

function isLoopback(uri: string): boolean {
  const url = new URL(uri);
  return url.protocol === 'http:' && loopbackHosts.has(url.hostname);
}

/** Written as it was but for the port, so that nothing else may differ. */
const withoutPort = (uri: string): string =>
  uri.replace(/^(http:\/\/(?:\[::1\]|[^/:?]+))(?::\d{1,5})?(?=[/?]|$)/i, '$1');
