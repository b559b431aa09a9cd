/** For the image's health check: does this container's process answer at its metrics port? Plain Node. */
const port = process.env.BOOFLOW_METRICS_PORT || '9464';
try {
  const answer = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(4_000) });
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
