/** Numbers as people read them. */
import { limits } from '../../domain/limits.ts';

/** "10,000". */
export const wholeNumber = (n: number): string => n.toLocaleString('en');

/** Of a count that stops: "7", "99+". */
export const briefly = (n: number): string => (n >= limits.counted ? `${limits.counted - 1}+` : String(n));
