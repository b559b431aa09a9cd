/** Names as something to see and to click. */
import { isSeen } from '../../domain/naming.ts';

/** Of before there was a rule for names, some draw nothing. */
export const named = (name: string): string => (isSeen(name) ? name : 'No name');
