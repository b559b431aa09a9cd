/** The search attributes an operator filters flows by must be known to the namespace before a flow may carry them. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectionLike, isGrpcServiceError } from '@temporalio/client';
import { SetupError } from './setup-error.ts';

/** Temporal's numbers for the types, as its API has them. */
const types = { TEXT: 1, KEYWORD: 2, INT: 3, DOUBLE: 4, BOOL: 5, DATETIME: 6, KEYWORD_LIST: 7 } as const;
const inCommands = {
  TEXT: 'Text',
  KEYWORD: 'Keyword',
  INT: 'Int',
  DOUBLE: 'Double',
  BOOL: 'Bool',
  DATETIME: 'Datetime',
  KEYWORD_LIST: 'KeywordList',
} as const;

export type SearchAttributes = Readonly<Record<string, keyof typeof types>>;

/**
 * Makes the attributes that are missing. Any number of processes may do so at once, any number of times.
 * Throws `SetupError` with the commands for an operator when this account may not, or when a type differs.
 */
export async function ensureSearchAttributes(
  connection: ConnectionLike,
  namespace: string,
  wanted: SearchAttributes,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const missing = await missingIn(connection, namespace, wanted);
    if (missing.length === 0) return;
    if (attempt > 50) throw byHand(namespace, wanted, missing, 'they were made but do not show');
    try {
      await connection.operatorService.addSearchAttributes({
        namespace,
        searchAttributes: Object.fromEntries(missing.map((name) => [name, types[wanted[name] ?? 'KEYWORD']])),
      });
    } catch (error) {
      // Another process made one of them between our look and our request.
      if (!/already exist/i.test(messageOf(error))) {
        throw byHand(namespace, wanted, missing, messageOf(error), error);
      }
    }
    await sleep(attempt === 1 ? 0 : 200);
  }
}

async function missingIn(connection: ConnectionLike, namespace: string, wanted: SearchAttributes): Promise<string[]> {
  let customAttributes: Readonly<Record<string, number>> | null | undefined;
  try {
    ({ customAttributes } = await connection.operatorService.listSearchAttributes({ namespace }));
  } catch (error) {
    // Who may not list them, as in Temporal Cloud, can still ask for flows by them.
    if (isGrpcServiceError(error) && forbidden.includes(error.code))
      return missingInQueries(connection, namespace, wanted);
    throw byHand(namespace, wanted, Object.keys(wanted), messageOf(error), error);
  }
  const missing: string[] = [];
  for (const [name, type] of Object.entries(wanted)) {
    const found = customAttributes?.[name];
    if (found === undefined || found === null) missing.push(name);
    else if (found !== types[type]) {
      throw new SetupError(
        'TEMPORAL',
        `The search attribute ${name} of the namespace "${namespace}" is not of the type ${inCommands[type]}. ` +
          `Remove it and start again: temporal operator search-attribute remove --namespace ${namespace} --name ${name}`,
      );
    }
  }
  return missing;
}

/** Of gRPC: PERMISSION_DENIED, UNIMPLEMENTED. */
const forbidden = [7, 12];
/** INVALID_ARGUMENT: what a query gets that names an attribute which is not there. */
const invalid = 3;

async function missingInQueries(
  connection: ConnectionLike,
  namespace: string,
  wanted: SearchAttributes,
): Promise<string[]> {
  const missing: string[] = [];
  for (const name of Object.keys(wanted)) {
    try {
      await connection.workflowService.countWorkflowExecutions({ namespace, query: `${name} is null` });
    } catch (error) {
      if (!isGrpcServiceError(error) || error.code !== invalid) throw error;
      missing.push(name);
    }
  }
  return missing;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function byHand(
  namespace: string,
  wanted: SearchAttributes,
  missing: readonly string[],
  reason: string,
  cause?: unknown,
) {
  const commands = missing.map((name) => {
    const type = inCommands[wanted[name] ?? 'KEYWORD'];
    return `  temporal operator search-attribute create --namespace ${namespace} --name ${name} --type ${type}`;
  });
  return new SetupError(
    'TEMPORAL',
    `Search attributes are missing in the namespace "${namespace}" and could not be made: ${reason}.\n` +
      `Have an operator run:\n${commands.join('\n')}\n` +
      `In Temporal Cloud:\n${inCloud(namespace, wanted, missing)}`,
    { cause },
  );
}

const inCloud = (namespace: string, wanted: SearchAttributes, missing: readonly string[]): string =>
  `  tcld namespace search-attributes add --namespace ${namespace} ${missing
    .map((name) => `--search-attribute "${name}=${inCommands[wanted[name] ?? 'KEYWORD']}"`)
    .join(' ')}`;
