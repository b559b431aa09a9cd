/** `npm run test:long`: what takes longer than `npm test` should. */
import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

export default defineConfig({ ...base, test: { ...base.test, include: ['test/**/*.long.ts'] } });
