/** Something outside Booflow's code stands in the way of running it. The message says what it is and what to do. */
export class SetupError extends Error {
  readonly code: SetupCode;

  constructor(code: SetupCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SetupError';
    this.code = code;
  }
}

export type SetupCode =
  | 'PORT_IN_USE'
  | 'DATA_FOLDER'
  | 'DATA_DAMAGED'
  | 'DISK_FULL'
  | 'ALREADY_RUNNING'
  | 'TOOL_MISSING'
  | 'DOWNLOAD'
  | 'NOT_READY'
  | 'POSTGRES'
  | 'TEMPORAL'
  | 'FILES';

/** Takes one line about what is being done, for a person who waits. */
export type Report = (line: string) => void;
