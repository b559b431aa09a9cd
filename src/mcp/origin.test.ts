import { expect, test } from 'vitest';
import { isAllowedOrigin } from './origin.ts';

const publicUrl = 'https://flows.agency.test/base';

test.each([
  ['https://claude.ai', true],
  ['https://api.anthropic.com', true],
  ['https://booflow.com', true],
  ['https://flows.agency.test', true],
  ['http://localhost', true],
  ['https://localhost:8443', true],
  ['http://127.0.0.1:3000', true],
  ['http://[::1]:3000', true],
  ['http://flows.agency.test', false],
  ['https://flows.agency.test:444', false],
  ['https://agency.test', false],
  ['https://claude.ai.evil.test', false],
  ['https://evilclaude.ai', false],
  ['https://claude.ai.', false],
  ['https://claude.ai:444', false],
  ['https://claude.ai:443', false],
  ['http://claude.ai', false],
  ['https://CLAUDE.AI', false],
  ['https://claude.ai/', false],
  ['https://claude.ai/path', false],
  ['https://booflow.com@evil.test', false],
  ['https://evil.test#booflow.com', false],
  ['http://localhost.evil.test', false],
  ['http://127.0.0.1.evil.test', false],
  ['http://0x7f.1', false],
  ['ftp://localhost', false],
  ['null', false],
  ['', false],
  ['*', false],
])('%j: %s', (origin, allowed) => {
  expect(isAllowedOrigin(origin, publicUrl)).toBe(allowed);
});
