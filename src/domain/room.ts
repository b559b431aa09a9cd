/** A flow's state travels whole, so it must stay small enough to. */
import { limits } from './limits.ts';
import { refuse } from './refusal.ts';
import { jsonBytes } from './size.ts';
import type { Turn } from './turn.ts';

const kilobytes = (bytes: number): string => `${Math.ceil(bytes / 1000)} kB`;

/** Refuses when what the turn added makes the flow too large. Asked only of commands that carry text. */
export function needRoom(turn: Turn): void {
  const bytes = jsonBytes({ ...turn.flow, feed: [], outbox: [] });
  if (bytes <= limits.flowBytes) return;
  refuse(
    'too_large',
    `With this ${turn.flow.name} would hold ${kilobytes(bytes)}, and ${kilobytes(limits.flowBytes)} is the most one flow can keep. Put long texts in a file and link it. Nothing changed.`,
  );
}
