/** `npm start` */
import { requireNode, requirePackages, runTypeScript } from './lib/setup.mjs';

requireNode();
requirePackages();
await runTypeScript('src/dev.ts');
