/** A flow's state travels whole, so it must stay small enough to. */
import type { Flow } from './flow.ts';
import { limits } from './limits.ts';
import { refuse } from './refusal.ts';
import { jsonBytes } from './size.ts';
import type { Turn } from './turn.ts';

const kilobytes = (bytes: number): string => `${Math.ceil(bytes / 1000)} kB`;

/** Refuses when what the turn added makes the flow too large. Asked only of commands that carry text. */
export function needRoom(turn: Turn): void {
  const bytes = flowBytes(turn.flow);
  if (bytes <= limits.flowBytes) return;
  refuse(
    'too_large',
    `With this ${turn.flow.name} would hold ${kilobytes(bytes)}, and ${kilobytes(limits.flowBytes)} is the most one flow can keep. Put long texts in a file and link it. Nothing changed.`,
  );
}

/**
 * The bytes of the flow's JSON without feed and outbox. A task or person is measured once for as long as it stays as it
 * is: writing out all of a large flow at each command was most of what a command cost, and of what a replay took.
 */
export const flowBytes = (flow: Flow): number =>
  jsonBytes({ ...flow, tasks: [], externals: [], feed: [], outbox: [] }) + listed(flow.tasks) + listed(flow.externals);

const measured = new WeakMap<object, number>();

/** With the commas between. */
function listed(parts: readonly object[]): number {
  let bytes = Math.max(0, parts.length - 1);
  for (const part of parts) {
    const known = measured.get(part) ?? jsonBytes(part);
    measured.set(part, known);
    bytes += known;
  }
  return bytes;
}
