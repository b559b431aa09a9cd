/** A browser by its name, for people who look where they are signed in. */

const browsers = [
  ['Edg/', 'Edge'],
  ['OPR/', 'Opera'],
  ['Firefox/', 'Firefox'],
  ['Chrome/', 'Chrome'],
  ['Safari/', 'Safari'],
] as const;
const systems = [
  ['iPhone', 'an iPhone'],
  ['iPad', 'an iPad'],
  ['Android', 'Android'],
  ['Mac OS X', 'a Mac'],
  ['Windows', 'Windows'],
  ['Linux', 'Linux'],
] as const;

/** "Chrome on a Mac" of a `User-Agent` header; its beginning when it is of no known browser. */
export function deviceName(userAgent: string): string {
  const [, browser] = browsers.find(([mark]) => userAgent.includes(mark)) ?? [];
  if (!browser) return userAgent.slice(0, 60) || 'An unknown program';
  const [, system] = systems.find(([mark]) => userAgent.includes(mark)) ?? [];
  return system ? `${browser} on ${system}` : browser;
}
