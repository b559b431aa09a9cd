/** One line per event: JSON in production, for reading elsewhere. Every line goes through `redact`. */
import pino, { type Logger } from 'pino';
import type { Config } from './config.ts';
import { redact } from './redact.ts';
import { logFields } from './tracing.ts';

export type { Logger } from 'pino';

/**
 * A logger for one process. `name` says which ("server", "worker").
 * `write` takes each finished line with its line feed; standard output unless given.
 */
export function createLogger(
  config: Pick<Config, 'env' | 'logLevel'>,
  name: string,
  write: (line: string) => void = (line) => void process.stdout.write(line),
): Logger {
  const production = config.env === 'production';
  return pino(
    { name, level: config.logLevel, base: production ? { pid: process.pid } : {}, mixin: logFields },
    { write: (line: string) => write(redact(production ? line : readable(line))) },
  );
}

const words: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
};

/** `20:14:03.120 info  server  message  key=value`, and an error's stack on lines of its own. */
function readable(json: string): string {
  const { level, time, name, msg, err, ...rest }: Record<string, unknown> = JSON.parse(json);
  const at = new Date(Number(time));
  const clock = `${at.toTimeString().slice(0, 8)}.${String(at.getMilliseconds()).padStart(3, '0')}`;
  const facts = Object.entries(rest).map(([key, value]) => `${key}=${plain(value)}`);
  const word = words[Number(level)] ?? String(level);
  const head = `${clock} ${word.padEnd(5)} ${[name, msg, ...facts].filter(Boolean).join('  ')}`;
  return err === undefined ? `${head}\n` : `${head}\n${stackOf(err).replace(/^/gm, '    ')}\n`;
}

function stackOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'stack' in error) return String(error.stack);
  return plain(error);
}

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
