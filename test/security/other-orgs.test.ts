/** One org's credentials with another org's things: through every tool, in every list, by id, name and address. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { mcpOperations } from '../../src/mcp/tools.ts';
import { changesNothing, settled } from '../mcp/everything.ts';
import { good } from '../mcp/good-arguments.ts';
import type { Speaker } from '../mcp/speak.ts';
import { type Things, type TwoOrgs, twoOrgs } from '../mcp/two-orgs.ts';

let all: TwoOrgs;
beforeAll(async () => {
  all = await twoOrgs();
});
afterAll(() => all?.stop());

test('every tool is among those that are tried', () => {
  expect(Object.keys(good(all.acme)).sort()).toEqual(mcpOperations.map((o) => o.name).sort());
});

describe("another org's things", () => {
  /** What names a thing in which input, and something unknown that looks like it. */
  const names = (t: Things): Record<string, [string, string][]> => ({
    flow: [
      [t.flow.id, 'fl_zzzzzzzzzzzzzzzz'],
      [t.flow.name, 'Zebra Xylophone'],
    ],
    task: [
      [t.task.id, 'tk_zzzzzzzzzzzzzzzz'],
      [t.task.name, 'Zebra Xylophone'],
    ],
    template: [
      [t.template.id, 'tp_zzzzzz_zzzzzzzzz'],
      [t.template.name, 'Zebra Xylophone'],
    ],
    assignee: [
      [t.member.id, 'us_zzzz_zzz'],
      [t.member.name, 'Zebra Xylophone'],
      [t.member.email, 'zebra@xylophone.test'],
      [t.external.id, 'ex_zzzzzzzzzzzzzzzz'],
      [t.external.name, 'Zebra Xylophone'],
      [t.external.email, 'zebra@xylophone.test'],
    ],
  });

  const seenFrom = async (who: Speaker, own: Things, foreign: Things): Promise<number> => {
    let tried = 0;
    for (const [tool, args] of Object.entries(good(own))) {
      for (const input of Object.keys(args).filter((k) => k in names(foreign))) {
        for (const [theirs, nobodys] of names(foreign)[input] ?? []) {
          const [there, nowhere] = await changesNothing(all.world, () =>
            Promise.all([who.call(tool, { ...args, [input]: theirs }), who.call(tool, { ...args, [input]: nobodys })]),
          );
          const what = `${tool} ${input}: ${theirs}`;
          expect(nowhere, what).toMatchObject({ isError: true, code: 'not_found' });
          const blind = (answer: unknown): string =>
            JSON.stringify(answer).replaceAll(theirs, '…').replaceAll(nobodys, '…');
          expect(blind(there), what).toBe(blind(nowhere));
          tried++;
        }
      }
    }
    return tried;
  };

  test('are answered like unknown ones, through every tool, from both sides', async () => {
    expect(await seenFrom(all.olivia, all.acme, all.globex)).toBeGreaterThanOrEqual(40);
    await seenFrom(all.gus, all.globex, all.acme);
  });

  test('are in no list', async () => {
    for (const [who, own, foreign] of [
      [all.olivia, all.acme, all.globex],
      [all.gus, all.globex, all.acme],
    ] as const) {
      const theirs = [foreign.flow, foreign.task, foreign.template, foreign.member, foreign.external].flatMap((t) => [
        t.id,
        t.name,
      ]);
      for (const { name } of mcpOperations.filter((o) => o.kind === 'read')) {
        const args = good(own)[name] ?? {};
        for (const asked of [args, name === 'list_tasks' || name === 'list_flows' ? {} : args]) {
          const answer = JSON.stringify(await who.call(name, asked));
          for (const word of theirs) expect(answer, `${name} tells ${word}`).not.toContain(word);
        }
      }
    }
  });

  test("a cursor of another org's list leads to one's own rows", async () => {
    const cursor = z.string().parse((await all.olivia.call('list_tasks', { limit: 1 })).facts.nextCursor);
    const answer = await all.gus.call('list_tasks', { cursor });
    expect(answer.isError).toBe(false);
    const { tasks } = z
      .object({ tasks: z.array(z.object({ flow: z.object({ name: z.string() }) })) })
      .parse(answer.facts);
    expect(new Set(tasks.map((t) => t.flow.name))).toEqual(new Set(['Secret Launch']));
  });

  test('the same command id in two orgs is two commands', async () => {
    const args = { template: 'tp_public_client-onboarding-light', name: 'Same id', command_id: 'c_in_two_orgs' };
    const one = await all.olivia.call('create_flow_from_template', args);
    const two = await all.gus.call('create_flow_from_template', args);
    expect([one.isError, two.isError]).toEqual([false, false]);
    const idOf = (a: typeof one) => z.object({ flow: z.object({ id: z.string() }) }).parse(a.facts).flow.id;
    expect(idOf(one)).not.toBe(idOf(two));
    await settled(all.world);
  });
});

test('nothing of all this was a fault of ours', () => {
  expect(all.world.logs.filter((l) => /ERROR|WARN/.test(l))).toEqual([]);
});
