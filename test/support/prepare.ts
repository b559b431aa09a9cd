/** Obtains, with a person watching, the programs that the tests need and npm does not bring. */
import { SetupError } from '../../src/platform/setup-error.ts';
import { obtainTemporalCli } from '../../src/platform/temporal-cli.ts';
import { obtainChromium } from './browser.ts';
import { obtainS3Server } from './s3-server.ts';
import { obtainTimeSkippingServer } from './time-skipping-server.ts';

const report = (line: string): void => console.error(`[booflow] ${line}`);

try {
  await obtainTimeSkippingServer(report);
  await obtainTemporalCli(report);
  await obtainS3Server(report);
  obtainChromium(report);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`\n${error.message}\n`);
  process.exitCode = 1;
}
