/** A process's life: start, run until told to stop, stop in order. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Longest a process takes to stop once it takes no new work, in milliseconds; then it ends all the same. */
const stopWithinMs = 20_000;

export interface Life {
  /** Told to stop: from now on the process says that it is not ready. Work is still taken for `drainMs`. */
  readonly leave: () => void;
  /** How long whoever sends work here has to notice that it is not ready, in milliseconds. */
  readonly drainMs: number;
  /** Finishes what is under way and closes everything. */
  readonly stop: () => Promise<void>;
}

/** Runs `start`, which gives back how to stop. SIGINT and SIGTERM stop once; a second one ends at once. */
export async function runProcess(start: () => Promise<Life>): Promise<void> {
  let life: Life;
  try {
    life = await start();
  } catch (error) {
    console.error(error instanceof Error && 'code' in error ? error.message : error);
    process.exit(1);
  }
  const { leave, stop, drainMs } = life;
  let stopping = false;
  const inOrder = async (): Promise<void> => {
    leave();
    await sleep(drainMs);
    await stop();
  };
  const end = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    setTimeout(() => process.exit(1), drainMs + stopWithinMs).unref();
    inOrder().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
}
