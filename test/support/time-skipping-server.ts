/**
 * Temporal's test server that skips time: downloaded from Temporal, or put together from Maven Central and run with
 * Java. Kept in the cache.
 */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Report, SetupError } from '../../src/platform/setup-error.ts';
import {
  cacheFolder,
  downloadFromTemporal,
  executableSuffix,
  isExecutable,
  longStep,
  onPath,
} from '../../src/platform/tools.ts';

const version = '1.38.0';
const folder = cacheFolder('temporal-test-server', version);
const downloaded = join(folder, `temporal-test-server${executableSuffix}`);
const launcher = join(folder, 'with-java', 'temporal-test-server.sh');

/** The path of the server's program; undefined when it was not obtained yet. */
export const findTimeSkippingServer = (): string | undefined => [downloaded, launcher].find(isExecutable);

/** The path of the server's program, obtained when it is not there yet. Throws `SetupError` that says what to do. */
export async function obtainTimeSkippingServer(report: Report): Promise<string> {
  const found = findTimeSkippingServer();
  if (found) return found;
  const what = "Temporal's time-skipping test server";
  report(`${what} is not on this machine yet. It is downloaded from temporal.download`);
  const failures: string[] = [];
  try {
    // Its releases are numbered apart from the library's, and the site knows which one fits.
    await downloadFromTemporal(downloaded, { what, artifact: 'temporal-test-server', version: 'default', report });
    return downloaded;
  } catch (error) {
    failures.push(error instanceof Error ? error.message : String(error));
    report(`${failures[0]}`);
  }
  const [maven, java] = [onPath('mvn'), onPath('java')];
  if (maven && java) {
    try {
      await assemble(maven, java, report);
      return launcher;
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  } else {
    failures.push('Java and Maven are not both installed, so it can not be put together from Maven Central');
  }
  throw new SetupError(
    'TOOL_MISSING',
    [
      `${what} could be neither found nor obtained, and the tests of timers need it:`,
      ...failures.map((failure) => `  - ${failure}`),
      'Any one of these helps:',
      '  - let this machine reach https://temporal.download, and run npm test again',
      '  - install Java 11 or newer and Maven, with access to Maven Central, and run npm test again',
      `  - put the program at ${downloaded}`,
    ].join('\n'),
  );
}

async function assemble(maven: string, java: string, report: Report): Promise<void> {
  report('It is put together from Maven Central instead: once, under a minute');
  mkdirSync(folder, { recursive: true });
  const unfinished = mkdtempSync(join(folder, '.unfinished-'));
  try {
    const pom = join(unfinished, 'pom.xml');
    writeFileSync(
      pom,
      `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>booflow</groupId><artifactId>test-server</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId><version>${version}</version></dependency>
  </dependencies>
</project>
`,
    );
    await longStep({
      command: maven,
      args: ['-B', '-f', pom, 'dependency:copy-dependencies', '-DoutputDirectory=jars', '-DincludeScope=runtime'],
      report,
      progress: (lines, _last, seconds) => `Maven fetches the test server: ${lines} lines of output, ${seconds} s`,
    });
    writeFileSync(
      join(unfinished, basename(launcher)),
      `#!/bin/sh\nexec '${java}' -Xmx256m -cp "$(dirname "$0")/jars/*" io.temporal.testserver.TestServer "$@"\n`,
      { mode: 0o755 },
    );
    renameSync(unfinished, dirname(launcher));
  } catch (error) {
    if (!isExecutable(launcher)) throw error; // another process put it there first
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}
