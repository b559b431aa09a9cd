/** Something the person can mend: told without a stack. */
export class CliError extends Error {}
