/**
 * How large things may be. One place, so every border and the flow itself agree. Lengths are in code points, as zod counts
 * them: a letter of any alphabet is one, and so is an emoji. (A browser's own `maxlength` counts UTF-16 and stops earlier.)
 */
export const limits = {
  name: 200,
  email: 254,
  role: 100,
  description: 4_000,
  comment: 4_000,
  reason: 2_000,
  answer: 10_000,
  id: 128,
  /** Answers of one form, added up. */
  answersPerTask: 50_000,
  /**
   * Temporal refuses payloads over 2 MiB, and ends a flow whose state, which is one, is larger. In bytes of UTF-8 JSON:
   * the steps of a template, a flow with what people wrote into it, the outcomes it remembers, and the mails that wait.
   */
  templateBytes: 300_000,
  flowBytes: 900_000,
  outcomesBytes: 400_000,
  outboxBytes: 250_000,
  /**
   * A flow with its mails, who did what when, and what of its feed the read model lacks: no command makes it larger. What
   * is left up to `carriedBytes`, besides the outcomes, is for what is never refused.
   */
  heldBytes: 1_450_000,
  /** What goes to Temporal as one payload: 2 MiB, less what wraps it. Encryption adds some hundred bytes. */
  carriedBytes: 2 * 1024 * 1024 - 65_536,
  /**
   * Of a projection that goes along with a command's outcome. Whatever waits for a flow's workflow task, and that may be a
   * hundred commands, is answered in one message of at most 4 MiB, or not at all: docs/decisions/0016
   */
  projectionBytes: 24_000,
  /** Of a flow that tells itself to a reader: as above, but of each server at most one of its kind waits. */
  toldBytes: 128_000,
  mailsWaiting: 1_000,
  /** Of the tasks a mail is about, so many are listed. */
  mailTasks: 20,
  /** Of why a task came back, so much is mailed. */
  mailReason: 600,
  /** Of what a mail server said, so much is kept. */
  mailFailure: 300,
  tasksPerFlow: 500,
  dependenciesPerTask: 50,
  dependenciesPerTemplate: 3_000,
  fieldsPerForm: 50,
  optionsPerField: 100,
  externalsPerFlow: 500,
  invitesPerCommand: 100,
  /** Counts that are not kept are exact below this many, and stop there: they cost the same in an org of any size. */
  counted: 100,
  /** Versions, revisions, places in a list: what the database's integer holds. */
  count: 2_147_483_647,
  dueDays: 3_650,
  /** How many days before an answered date something may be due. */
  dueDaysBefore: 365,
  filesPerAnswer: 20,
  /** In bytes: 25 MiB. */
  fileBytes: 25 * 1024 * 1024,
  fileName: 255,
  /** Files that one person has put into a flow and nobody has sent yet. */
  filesUnsent: 50,
  /** Invitations an org sends in an hour, new ones and those sent again. */
  invitationsPerHour: 1_000,
  /** No date lies after the year 3000. */
  moment: Date.UTC(3001, 0, 1) - 1,
  /** How many entries of the activity feed a flow keeps itself once the read model has them. */
  feedKept: 50,
  /** How many outcomes of commands a flow remembers, to answer the same command id the same way. */
  outcomesKept: 1_000,
} as const;

/** The length of a text as these limits mean it. */
export const lengthOf = (text: string): number => [...text].length;
