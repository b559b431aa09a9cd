/** The effects of flows, written down instead of done: for tests that are about the workflow alone. */
import type { Projection } from '../../src/domain/ledger.ts';
import type { FlowActivities, SendMailInput } from '../../src/workflows/contract.ts';

export interface Effects extends FlowActivities {
  /** What was handed over, in order. */
  readonly mails: SendMailInput[];
  readonly projections: Projection[];
  /** How often each was tried, worked or not. */
  readonly tried: { mails: number; projections: number };
  /** Throws to refuse. */
  beforeMail: (input: SendMailInput) => void | Promise<void>;
  beforeProjection: (projection: Projection) => void | Promise<void>;
  mailsOf(flowId: string): SendMailInput['mail'][];
  projectionsOf(flowId: string): Projection[];
}

export function recordEffects(): Effects {
  const effects: Effects = {
    mails: [],
    projections: [],
    tried: { mails: 0, projections: 0 },
    beforeMail: () => undefined,
    beforeProjection: () => undefined,
    async projectFlow(projection) {
      effects.tried.projections++;
      await effects.beforeProjection(projection);
      effects.projections.push(projection);
    },
    async sendMail(input) {
      effects.tried.mails++;
      await effects.beforeMail(input);
      effects.mails.push(input);
      return 'sent';
    },
    mailsOf: (id) => effects.mails.flatMap((m) => (m.flowId === id ? [m.mail] : [])),
    projectionsOf: (id) => effects.projections.filter((p) => p.flow.id === id),
  };
  return effects;
}
