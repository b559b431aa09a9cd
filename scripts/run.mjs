/** `node scripts/run.mjs FILE.ts ARGUMENTS`: runs a file of the project. Writes nothing to standard output itself. */
import { fail, requireNode, requirePackages, runTypeScript } from './lib/setup.mjs';

requireNode();
const [file, ...args] = process.argv.slice(2);
if (!file) fail('Which file? Usage: node scripts/run.mjs FILE.ts ARGUMENTS');
requirePackages();
await runTypeScript(file, args);
