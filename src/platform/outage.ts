/** Is what failed us away, so that asking again in a moment may do? Or is the fault in what we asked? */
import { FilesAway } from './files/store.ts';

/**
 * Of a socket, and of PostgreSQL (Appendix A of its manual): shutting down, starting, out of connections, of disk or of
 * memory, a statement that waited longer than it may, or one of two that waited for each other.
 */
const codes = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND'],
  ...['EAI_AGAIN', '57P01', '57P02', '57P03', '53300', '08000', '08001', '08003', '08004', '08006'],
  ...['53100', '53200', '55P03', '57014', '25P03', '40P01'],
]);

/** What a new connection is given up with. */
export const takesNoWrites = 'The database takes no writes: it is the copy of another';

/** What the driver says without a code. */
const words =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/** Did the database not answer, or stop answering? Whether what was under way was done is not known then. */
export function isDatabaseAway(error: unknown): boolean {
  // Its sockets break as a database's do.
  if (!(error instanceof Error) || error instanceof FilesAway) return false;
  if ('code' in error && typeof error.code === 'string' && codes.has(error.code)) return true;
  if (words.test(error.message) || error.message === takesNoWrites) return true;
  if (error instanceof AggregateError && error.errors.some(isDatabaseAway)) return true;
  return error.cause !== undefined && isDatabaseAway(error.cause);
}
