/** The server or the worker as a process of its own, on the shared PostgreSQL and Temporal. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { variableNames } from '../../src/platform/config.ts';

export interface PartProcess {
  readonly pid: number;
  /** What it wrote so far, a line each. */
  readonly lines: readonly string[];
  /** Settles with the exit code, or the signal that ended it. */
  readonly exited: Promise<number | string>;
  signal(signal: NodeJS.Signals): void;
  /** Waits for a line that fits. Throws with what it wrote when it ends first. */
  wrote(pattern: RegExp): Promise<string>;
}

/** Started with this environment and nothing of Booflow's from elsewhere. */
export function startPart(name: 'server' | 'worker', env: Readonly<Record<string, string>>): PartProcess {
  const file = fileURLToPath(new URL(`../../src/${name}.ts`, import.meta.url));
  const unset = Object.fromEntries(variableNames.map((variable) => [variable, '']));
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), file], {
    env: { ...process.env, ...unset, LOG_LEVEL: 'info', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.pid === undefined) throw new Error(`${name} could not be started`);
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
      for (const heard of listeners) heard();
    });
  }
  const exited = once(child, 'exit').then(([code, signal]: (number | string | null)[]) => code ?? signal ?? 'unknown');
  return {
    pid: child.pid,
    lines,
    exited,
    signal: (signal) => void child.kill(signal),
    async wrote(pattern) {
      let found: string | undefined;
      const seen = new Promise<void>((resolve) => {
        const look = (): void => {
          found = lines.find((line) => pattern.test(line));
          if (found !== undefined) resolve();
        };
        listeners.add(look);
        look();
      });
      const end = await Promise.race([seen, exited]);
      if (found === undefined) throw new Error(`${name} ended (${end}):\n${lines.join('\n')}`);
      return found;
    },
  };
}
