/** Can this process do its work? Each part it needs is asked, and named in the answer. */

export interface Readiness {
  readonly ready: boolean;
  readonly parts: Readonly<Record<string, 'ok' | string>>;
}

/** Asks all parts at the same time; one that throws, or takes longer than `timeoutMs`, is not ready. */
export async function checkReadiness(
  parts: Readonly<Record<string, () => Promise<void>>>,
  timeoutMs = 2_000,
): Promise<Readiness> {
  const asked = await Promise.all(
    Object.entries(parts).map(async ([name, ask]) => [name, await outcome(ask, timeoutMs)] as const),
  );
  return { ready: asked.every(([, said]) => said === 'ok'), parts: Object.fromEntries(asked) };
}

async function outcome(ask: () => Promise<void>, timeoutMs: number): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer in ${timeoutMs} ms`), timeoutMs);
  });
  try {
    return await Promise.race([ask().then(() => 'ok'), late]);
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : String(error);
  } finally {
    clearTimeout(timer);
  }
}
