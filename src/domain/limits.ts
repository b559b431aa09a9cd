/** How large things may be. One place, so every border and the flow itself agree. Lengths are in UTF-16 code units. */
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
  /** Everything people wrote into one flow that travels with its state; Temporal refuses payloads over 2 MB. */
  textPerFlow: 600_000,
  tasksPerFlow: 500,
  dependenciesPerTask: 50,
  fieldsPerForm: 50,
  optionsPerField: 100,
  externalsPerFlow: 500,
  invitesPerCommand: 100,
  dueDays: 3_650,
  /** How many entries of the activity feed a flow keeps itself once the read model has them. */
  feedKept: 50,
  /** How many outcomes of commands a flow remembers, to answer the same command id the same way. */
  outcomesKept: 1_000,
} as const;
