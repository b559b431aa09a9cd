/** A folder of one's own that the account "postgres" gets into as well: as root, the embedded server runs as it. */
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'booflow-test-'));
  chmodSync(folder, 0o755);
  return folder;
}
