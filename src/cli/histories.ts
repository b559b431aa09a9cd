/** Histories of a running product's flows as files, and whether they replay on the code that is here. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client, DataConverter } from '@temporalio/client';
import { historyFromJson, historyToJson } from '../platform/history-json.ts';
import { flowWorkflowId } from '../workflows/contract.ts';
import { CliError } from './error.ts';

/** Writes the history of the flow's newest run, as Temporal stores it: what is encrypted there is so in the file. Gives its events. */
export async function recordHistory(client: Client, orgId: string, flowId: string, file: string): Promise<number> {
  const history = await client.workflow.getHandle(flowWorkflowId(orgId, flowId)).fetchHistory();
  writeFileSync(file, historyToJson(history), { mode: 0o600 });
  return history.events?.length ?? 0;
}

/** The newest `n` flows of an org that Temporal knows, a file each in a folder. Gives how many there were. */
export async function recordSample(
  client: Client,
  orgId: string,
  flowIds: AsyncIterable<string>,
  { n, folder }: { readonly n: number; readonly folder: string },
): Promise<number> {
  mkdirSync(folder, { recursive: true });
  let recorded = 0;
  for await (const flowId of flowIds) {
    if (recorded === n) break;
    await recordHistory(client, orgId, flowId, join(folder, `${flowId}.json`));
    recorded++;
  }
  return recorded;
}

export interface Replayed {
  readonly name: string;
  /** Null when the code that is here does as the history says. */
  readonly problem: string | null;
}

/** Replays a file, or every .json file of a folder. `dataConverter` reads what is encrypted. */
export async function* replayFiles(place: string, dataConverter: DataConverter | undefined): AsyncGenerator<Replayed> {
  const isFolder = statSync(place, { throwIfNoEntry: false })?.isDirectory();
  if (isFolder === undefined) throw new CliError(`There is no file or folder ${place}.`);
  const names = isFolder ? readdirSync(place).filter((name) => name.endsWith('.json')) : [place];
  const histories = names.map((name) => ({ workflowId: name, history: read(isFolder ? join(place, name) : name) }));
  // Heavy, and of use to no other command.
  const { Worker } = await import('@temporalio/worker');
  const { workflowBundle } = await import('../platform/workflow-bundle.ts');
  const bundle = await workflowBundle(dataConverter?.failureConverterPath);
  // What they tell of commands is nobody's any more.
  const sinks = { answers: { tell: { fn: () => undefined } } };
  const options = { workflowBundle: bundle, sinks, ...(dataConverter && { dataConverter }) };
  for await (const { workflowId: name, error } of Worker.runReplayHistories(options, histories))
    yield { name, problem: error ? `${error.name}: ${error.message}` : null };
}

function read(file: string) {
  try {
    return historyFromJson(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new CliError(`${file} is no history: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
