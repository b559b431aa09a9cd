/** A process's life: start, run until told to stop, stop in order. */

/** Longest a process takes to stop, in milliseconds; then it ends all the same. */
const stopWithinMs = 20_000;

/** Runs `start`, which gives back how to stop. SIGINT and SIGTERM stop once; a second one ends at once. */
export async function runProcess(start: () => Promise<() => Promise<void>>): Promise<void> {
  let stop: () => Promise<void>;
  try {
    stop = await start();
  } catch (error) {
    console.error(error instanceof Error && 'code' in error ? error.message : error);
    process.exit(1);
  }
  let stopping = false;
  const end = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    setTimeout(() => process.exit(1), stopWithinMs).unref();
    stop().then(
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
