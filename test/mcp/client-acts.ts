/** What invited clients do, by the same commands as their portal. */
import type { Command } from '../../src/domain/command.ts';
import { command } from '../../src/operations/command.ts';
import { idFrom, newId } from '../../src/platform/ids.ts';
import type { World } from '../support/world.ts';

export interface ClientActs {
  comments(stepKey: string, text: string): Promise<void>;
  completes(stepKey: string, more?: { answers?: Record<string, string>; comment?: string }): Promise<void>;
}

/** The client with this address, in the flow they were invited to last. Throws when something is refused. */
export async function clientActs(world: World, email: string): Promise<ClientActs> {
  const { org_id, flow_id, id, name } = await world.owner
    .selectFrom('external_users')
    .selectAll()
    .where('email', '=', email)
    .orderBy('invited_at', 'desc')
    .executeTakeFirstOrThrow();
  const principal = { kind: 'external', orgId: org_id, flowId: flow_id, externalId: id, name, email } as const;
  const send = async (wanted: Command): Promise<void> => {
    const call = { ...world.tools, now: Date.now(), principal, commandId: newId('cmd'), commandIdGiven: true };
    await command(
      { ...call, operation: 'test', fingerprint: 'test', timeZone: 'UTC' },
      { id: flow_id, name: '' },
      wanted,
    );
  };
  const taskId = (stepKey: string): string => idFrom('tk', flow_id, stepKey);
  return {
    comments: (stepKey, text) => send({ type: 'comment', taskId: taskId(stepKey), text }),
    completes: (stepKey, { answers, comment = '' } = {}) =>
      send({ type: 'complete', taskId: taskId(stepKey), answers: answers ?? null, comment }),
  };
}
