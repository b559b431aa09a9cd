import { z } from 'zod';
import {
  acceptedText,
  actedOn,
  command,
  commandInput,
  commandOutput,
  effectLines,
  factsOf,
  meant,
  taskCalled,
  taskInput,
  taskMeant,
} from './command.ts';
import { findPerson, nameOrId } from './names.ts';
import { operation } from './operation.ts';
import { personShape } from './shapes.ts';
import { lines, plain, quote, who } from './words.ts';

const assignmentMeant = taskMeant.extend({ assignee: personShape.nullable() });

export const assignTask = operation({
  name: 'assign_task',
  title: 'Assign a task',
  description:
    "Gives an open task to a member of the organization, to one of the flow's external users, or to nobody. They get a mail if it is ready.",
  kind: 'write',
  openWorld: true,
  access: 'admin',
  surfaces: ['mcp', 'rest', 'web'],
  rest: {
    method: 'PUT',
    path: '/tasks/{task}/assignee',
    example: { flow: 'Harbor & Pine', task: 'Set up billing', assignee: 'Mia Tanaka' },
  },
  input: z.strictObject({
    ...taskInput,
    assignee: nameOrId('"me", "nobody", or a person by name, address or id'),
    ...commandInput,
  }),
  output: z.object({ ...commandOutput, ...actedOn, assignee: personShape.nullable() }),
  async handler(call, input) {
    const { principal } = call;
    const word = input.assignee.toLowerCase();
    const isNobody = word === 'nobody';
    // Whoever asks is there, and nobody always is.
    const named = { ...input, ...(!isNobody && word !== 'me' && { person: input.assignee }) };
    const { flow, task, assignee } = await meant(call, named, assignmentMeant, async (trx) => {
      const found = await taskCalled(trx, input);
      return {
        ...found,
        assignee: isNobody ? null : await findPerson(trx, input.assignee, principal.userId, found.flow),
      };
    });
    const facts = await command(call, flow, { type: 'assign', taskId: task.id, assignee });
    return { ...factsOf(facts), task, by: principal.name, through: principal.through, assignee };
  },
  text(f, now) {
    if (f.state === 'accepted') return acceptedText(f);
    const told = f.assignee === null ? 'lies with nobody now' : `lies with ${who(f.assignee)} now`;
    return lines(`${quote(f.task.title)} on ${plain(f.flow.name)} ${told}.`, effectLines(f, now));
  },
});
