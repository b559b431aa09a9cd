import { describe, expect, test } from 'vitest';
import { createLogger } from './log.ts';
import { redact } from './redact.ts';

const key = 'bflow_sk_0123456789abcdefghijABCDEFGHIJ01';
const link = '/portal/Zx8kQ0pLmN4vT7yR2sW5aB1c';

describe('redact', () => {
  test.each([
    [`Authorization: Bearer ${key}`, key],
    [`{"authorization":"Bearer abc\\"def-ghi-jkl"}`, 'def-ghi-jkl'],
    [`{"set-cookie":["sid=s3cr3tvalue; Path=/","csrf=t0k3nvalue"]}`, 't0k3nvalue'],
    ['cookie: sid=s3cr3tvalue', 's3cr3tvalue'],
    [`GET ${link}/tasks 200`, 'Zx8kQ0pL'],
    ['GET /sign-in?next=%2Fjoin%2FZx8kQ0pLmN4vT7yR2sW5 200', 'Zx8kQ0pL'],
    ['GET /sign-in?next=%2fsign-in%3Fnext%3D%252Fsign-in%252Flink%252FZx8kQ0pLmN4vT7yR', 'Zx8kQ0pL'],
    ['postgres://booflow:hunter2@db:5432/booflow', 'hunter2'],
    ['smtps://:hunter2@mail.example.com', 'hunter2'],
    ['GET /oauth/callback?code=abc123&state=x', 'abc123'],
    ['{"grant_type":"refresh_token","refresh_token":"rt-abc-123"}', 'rt-abc-123'],
  ])('takes the secret out of %s', (text, secret) => {
    expect(redact(text)).not.toContain(secret);
    expect(redact(text)).toContain('[redacted]');
  });

  test.each([
    'GET /portal 200',
    'http://localhost:3000/flows?cursor=abc',
    'Olivia completed "Send contract draft" at 12:30:05, mail to jane@acmecorp.com',
    'postgres://db.example.com:5432/booflow',
  ])('leaves %s as it is', (text) => expect(redact(text)).toBe(text));
});

function logged(env: 'development' | 'production', write: (log: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  write(createLogger({ env, logLevel: 'info' }, 'server', (line) => lines.push(line)));
  return lines.join('');
}

describe('createLogger', () => {
  test.each(['development', 'production'] as const)('no secret reaches the log in %s', (env) => {
    const text = logged(env, (log) => {
      log.info({ req: { url: link, headers: { authorization: `Bearer ${key}`, cookie: 'sid=s3cr3tvalue' } } }, key);
      log.error(new Error(`connect postgres://o:hunter2@db/b failed, body {"password":"opensesame"}`));
      log.child({ token: key }).warn('child');
    });
    for (const secret of [key, link, 's3cr3tvalue', 'hunter2', 'opensesame']) expect(text).not.toContain(secret);
    expect(text.match(/\[redacted\]/g)?.length).toBeGreaterThanOrEqual(6);
  });

  test('production writes JSON that still parses after redaction', () => {
    const text = logged('production', (log) =>
      log.info(
        { headers: { cookie: 'a="b\\', authorization: 'Basic abcdefghij' }, body: '{"password":"a\\"b"}' },
        'in',
      ),
    );
    expect(JSON.parse(text)).toMatchObject({ name: 'server', msg: 'in', headers: { cookie: '[redacted]' } });
  });

  test('development writes a line for reading, with the stack of an error', () => {
    const text = logged('development', (log) => log.error({ err: new Error('boom'), flow: 'fl_1' }, 'Not projected'));
    expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} ERROR server {2}Not projected {2}flow=fl_1\n {4}Error: boom\n {8}at /);
  });

  test('what is below the level is not written', () => {
    expect(logged('development', (log) => log.debug('detail'))).toBe('');
  });
});
