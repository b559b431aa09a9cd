/** One `npm start` per data folder. What a killed one left running is found again and stopped. */
import { accessSync, constants, mkdirSync, readFileSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { birthOf, endProcess } from './processes.ts';
import { type Report, SetupError } from './setup-error.ts';

/** In the order they are stopped. */
export const partNames = ['server', 'worker', 'temporal', 'postgres'] as const;
export type PartName = (typeof partNames)[number];

const process_ = z.object({ pid: z.number().int().positive(), born: z.string() });
const record = z.partialRecord(z.enum([...partNames, 'supervisor']), process_);
type Processes = z.infer<typeof record>;

const leastFreeBytes = 200_000_000;

/**
 * The folder of one running Booflow: its data, its logs, and in `run/` who runs. `run/<part>.pid` holds the pid of each
 * part; `run/processes.json` also when each was born, so that a pid used again by another process is not taken for ours.
 */
export class DataFolder {
  readonly path: string;
  #processes: Processes = {};

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Makes the folder, and claims it for this process: stops what a killed `npm start` left running. Throws
   * `SetupError` when it can't be written, the disk is nearly full, or another `npm start` runs on it.
   */
  static async claim(path: string, report: Report): Promise<DataFolder> {
    const folder = new DataFolder(path);
    makeWritable(path);
    await folder.#stopOrphans(report);
    const born = await birthOf(process.pid);
    folder.#write({ supervisor: { pid: process.pid, born: born ?? '' } });
    return folder;
  }

  async note(part: PartName, pid: number): Promise<void> {
    writeFileSync(join(this.path, 'run', `${part}.pid`), `${pid}\n`);
    const born = await birthOf(pid);
    if (born !== undefined) this.#write({ ...this.#processes, [part]: { pid, born } });
  }

  forget(part: PartName): void {
    rmSync(join(this.path, 'run', `${part}.pid`), { force: true });
    const { [part]: _, ...rest } = this.#processes;
    this.#write(rest);
  }

  release(): void {
    rmSync(join(this.path, 'run', 'processes.json'), { force: true });
  }

  async #stopOrphans(report: Report): Promise<void> {
    const left = this.#read();
    const running = async (each: Processes[PartName]) => each !== undefined && (await birthOf(each.pid)) === each.born;
    if (left.supervisor && left.supervisor.pid !== process.pid && (await running(left.supervisor))) {
      throw new SetupError(
        'ALREADY_RUNNING',
        `Booflow already runs on ${this.path} (process ${left.supervisor.pid}). ` +
          'Stop that one, or set BOOFLOW_DATA_DIR and the ports to run a second.',
      );
    }
    for (const part of partNames) {
      const orphan = left[part];
      if (orphan && (await running(orphan))) {
        report(`${part} was left running by an npm start that was killed; it is stopped (process ${orphan.pid})`);
        await endProcess(orphan.pid, part === 'postgres' ? 'SIGINT' : 'SIGTERM', 15_000);
      }
      rmSync(join(this.path, 'run', `${part}.pid`), { force: true });
    }
  }

  #read(): Processes {
    const file = join(this.path, 'run', 'processes.json');
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
      throw error;
    }
    const read = record.safeParse(parseJson(text));
    if (read.success) return read.data;
    throw new SetupError(
      'DATA_DAMAGED',
      `${file} can't be read. If no Booflow runs on this folder, remove it: rm ${file}`,
    );
  }

  #write(processes: Processes): void {
    this.#processes = processes;
    const file = join(this.path, 'run', 'processes.json');
    writeFileSync(`${file}.new`, JSON.stringify(processes, null, 2));
    renameSync(`${file}.new`, file);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // what fits no schema is told as one error
  }
}

function makeWritable(path: string): void {
  try {
    mkdirSync(join(path, 'run'), { recursive: true });
    accessSync(path, constants.W_OK);
    accessSync(join(path, 'run'), constants.W_OK);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SetupError(
      'DATA_FOLDER',
      `The data folder ${path} can't be used: ${reason}. Give this account the right to write there, ` +
        'or set BOOFLOW_DATA_DIR to another folder.',
      { cause: error },
    );
  }
  const disk = statfsSync(path);
  const free = disk.bavail * disk.bsize;
  if (free < leastFreeBytes) {
    throw new SetupError(
      'DISK_FULL',
      `Only ${Math.round(free / 1e6)} MB are free on the disk that holds ${path}. ` +
        'Make room (1 GB is plenty), or set BOOFLOW_DATA_DIR to a folder on another disk.',
    );
  }
}
