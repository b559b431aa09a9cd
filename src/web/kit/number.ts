/** Numbers as people read them. */
import { limits } from '../../domain/limits.ts';

/** "10,000". */
export const wholeNumber = (n: number): string => n.toLocaleString('en');

/** Of a count that stops: "7", "99+". */
export const briefly = (n: number): string => (n >= limits.counted ? `${limits.counted - 1}+` : String(n));

const numbers = [
  'No',
  'One',
  'Two',
  'Three',
  'Four',
  'Five',
  'Six',
  'Seven',
  'Eight',
  'Nine',
  'Ten',
  'Eleven',
  'Twelve',
];
/** "Three", to begin a heading with; figures above twelve. */
export const numberWord = (n: number): string => numbers[n] ?? String(n);
