/** Processor time of processes and their children: unlike the time that passes, what else a machine does hardly changes it. */
import { readdirSync, readFileSync } from 'node:fs';

/** Of a second; Linux counts in them. */
const ticks = 100;

/** Milliseconds that these processes and all below them have used, those that ended included; null where it can't be told. */
export function cpuOf(roots: readonly number[]): number | null {
  if (process.platform !== 'linux') return null;
  const used = new Map<number, { readonly parent: number; readonly ms: number }>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // After the command in parentheses: parent is the 2nd field, times in user and system, own and of ended children, the 12th to 15th.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const sum = fields.slice(11, 15).reduce((a, b) => a + Number(b), 0);
      used.set(pid, { parent: Number(fields[1]), ms: (sum * 1_000) / ticks });
    } catch {
      // It ended between the list and the look; its parent counts it.
    }
  }
  const isBelow = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = used.get(at)?.parent)
      if (roots.includes(at)) return true;
    return false;
  };
  return [...used].reduce((sum, [pid, { ms }]) => sum + (isBelow(pid) ? ms : 0), 0);
}
