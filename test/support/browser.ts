/** A real Chromium for tests and screenshots: the one that is installed. */
import { spawnSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';
import { type Report, SetupError } from '../../src/platform/setup-error.ts';
import { onPath } from '../../src/platform/tools.ts';

/** The path of `$CHROMIUM`, else of the first Chromium or Chrome on the PATH. */
const findChromium = (): string | undefined =>
  process.env.CHROMIUM || onPath('chromium') || onPath('chromium-browser') || onPath('google-chrome');

/** Installs Chromium where that can be done without asking: on Debian and its kin, as root. Throws `SetupError`. */
export function obtainChromium(report: Report): string {
  const found = findChromium();
  if (found) return found;
  const apt = onPath('apt-get');
  if (apt && process.getuid?.() === 0) {
    report('Chromium is installed for the browser tests (apt-get install chromium, about a minute)');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
      if (spawnSync(apt, args, { stdio: ['ignore', 2, 2], env }).status !== 0) break;
    }
  }
  const installed = findChromium();
  if (installed) return installed;
  throw new SetupError(
    'TOOL_MISSING',
    [
      'The browser tests need Chromium, and none was found:',
      '  - Debian, Ubuntu: apt-get install chromium',
      '  - Fedora: dnf install chromium',
      '  - macOS, or elsewhere: install Chrome and set CHROMIUM to the path of its program',
    ].join('\n'),
  );
}

/** Starts it with no window, and with no way to claude.ai, where apps are sent back to. Close it when done. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: obtainChromium((line) => console.error(line)),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP claude.ai ~NOTFOUND',
    ],
  });
}
