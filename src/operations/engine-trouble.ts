/** What Temporal says when it does not do what it was asked, sorted, and in words for whoever asked. */
import { isGrpcServiceError, QueryNotRegisteredError } from '@temporalio/client';
import { Refusal } from './refusal.ts';

/** Codes of gRPC. */
export const grpc = {
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unimplemented: 12,
  unavailable: 14,
};
/** What a server that is away, starting or overloaded says. */
export const away = [grpc.cancelled, grpc.deadlineExceeded, grpc.resourceExhausted, grpc.unavailable];

export function hasCode(error: unknown, codes: readonly number[]): boolean {
  const root = rootOf(error);
  return isGrpcServiceError(root) && codes.includes(root.code);
}

const rootOf = (error: unknown): unknown =>
  error instanceof Error && error.cause !== undefined ? rootOf(error.cause) : error;

/** Temporal itself did not answer: nobody knows whether it took the command, and the same id settles it. */
export const unavailable = (error: unknown, commandId: string): unknown =>
  hasCode(error, away) ? silent(commandId) : error;

/** What Temporal was asked to do for a command. Rejects with a Refusal when it does not answer. */
export async function taken(commandId: string, asked: Promise<void>): Promise<void> {
  try {
    await asked;
  } catch (error) {
    throw unavailable(error, commandId);
  }
}

/** A run takes 10,000 signals unless Temporal is told otherwise; it then has gone on in a new one long since, if a worker is there. */
export function isFull(error: unknown): boolean {
  const root = rootOf(error);
  return isGrpcServiceError(root) && root.code === grpc.invalidArgument && /limit for signal/.test(root.details);
}

/** What Temporal says of an answer that is more than it takes. */
export const isTooLarge = (error: unknown): boolean =>
  error instanceof QueryNotRegisteredError && /exceeds (size )?limit/.test(error.message);

export const flowBusy = 'flow_busy';
export const busy = (commandId: string): Refusal =>
  new Refusal(
    flowBusy,
    `Not done: as many commands as can wait are waiting for this flow. Nothing changed; try again in some minutes with command id \`${commandId}\`.`,
    { commandId },
  );

export const silent = (commandId: string): Refusal =>
  new Refusal(
    'engine_unavailable',
    `Not confirmed: Booflow's flow engine is not answering. Try again in a moment with command id \`${commandId}\`; it will be done once at most.`,
    { commandId },
  );
