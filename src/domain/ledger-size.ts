import type { Ledger } from './ledger.ts';
import { heldBytes, listed } from './room.ts';
import { jsonBytes } from './size.ts';

/** The bytes of the JSON that goes from run to run. */
export const ledgerBytes = ({ flow, outcomes, ...rest }: Ledger): number =>
  jsonBytes({ ...rest, flow: 0, outcomes: [] }) - 1 + heldBytes(flow) + listed(outcomes);
