/** Two orgs that know the same client, who wrote, sent and uploaded: for tests of what is kept of people, and how it goes. */
import { publishTemplate } from '../../src/db/templates.ts';
import { readTemplate } from '../../src/domain/read-template.ts';
import { settled } from '../mcp/everything.ts';
import { Browser, csrfIn } from '../mcp/portal-browser.ts';
import { type Speaker, speak } from '../mcp/speak.ts';
import { startWorld, type World } from '../support/world.ts';

export const acme = 'org_demo_acme';
export const globex = 'org_demo_globex';
export const jane = { name: 'Jane Quillfeather', email: 'jane.quillfeather@harbor.test' } as const;
/** What she writes, each in its place; none of it is anywhere else. */
export const words = {
  answer: 'Zinnober was our grandmother’s colour',
  comment: 'Please mind the Oxblood ribbon',
  draft: 'Half a thought on Verdigris',
  reason: 'The Saffron is far too loud',
  fileName: 'Heliotrope-logo.png',
} as const;

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

export interface Scene {
  readonly world: World;
  readonly olivia: Speaker;
  readonly gus: Speaker;
  call(who: Speaker, tool: string, args: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** A flow of "Brand", started, with Jane in it; gives the link she got. */
  begin(who: Speaker, flow: string): Promise<string>;
  /** Jane sends her brand, with a file and a comment. */
  sendBrand(link: string, flow: string): Promise<Browser>;
  idOf(flow: string): Promise<string>;
  taskOf(flow: string, title: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startScene(): Promise<Scene> {
  const world = await startWorld();
  const olivia = await speak(world.url, await world.key('olivia@acme.test'));
  const gus = await speak(world.url, await world.key('gus@globex.test', 'globex-studio'));
  const client = { kind: 'client', role: 'client' };
  const reading = readTemplate({
    name: 'Brand',
    steps: [
      {
        ...{ key: 'brand', title: 'Send us your brand', type: 'FORM', assignee: client },
        fields: [
          { key: 'why', label: 'Why this brand?', type: 'text' },
          { key: 'size', label: 'How large are you?', type: 'choice', options: ['Small', 'Large'] },
          { key: 'logo', label: 'Your logo', type: 'file', accept: ['image', 'pdf'] },
        ],
      },
      { key: 'guide', title: 'Write the guide', dependsOn: ['brand'] },
      { key: 'ok', title: 'Approve the guide', type: 'APPROVAL', assignee: client, dependsOn: ['guide'] },
      {
        ...{ key: 'party', title: 'Throw a party', dependsOn: ['ok'] },
        condition: { step: 'brand', field: 'size', op: 'is', values: ['Large'] },
      },
      {
        key: 'more',
        title: 'Tell us more',
        type: 'FORM',
        assignee: client,
        fields: [{ key: 'm', label: 'More', type: 'text' }],
      },
    ],
  });
  if (!reading.ok) throw new Error(JSON.stringify(reading));
  for (const org of [acme, globex])
    await world.owner.transaction().execute((trx) => publishTemplate(trx, `tp_${org}`, org, reading.template));

  const call: Scene['call'] = async (who, tool, args) => {
    const answer = await who.call(tool, args);
    if (answer.isError) throw new Error(`${tool}: ${answer.text}`);
    return answer.facts;
  };
  const idOf = async (name: string): Promise<string> =>
    (await world.owner.selectFrom('flows').select('id').where('name', '=', name).executeTakeFirstOrThrow()).id;
  const taskOf = async (flow: string, title: string): Promise<string> => {
    const flowId = await idOf(flow);
    const task = world.owner.selectFrom('tasks').select('id').where('flow_id', '=', flowId).where('title', '=', title);
    return (await task.executeTakeFirstOrThrow()).id;
  };
  return {
    ...{ world, olivia, gus, call, idOf, taskOf },
    async begin(who, flow) {
      await call(who, 'create_flow_from_template', { template: 'Brand', name: flow });
      await call(who, 'invite_external_user', { flow, ...jane, role: 'client' });
      await call(who, 'update_flow_status', { flow, action: 'start' });
      await settled(world);
      const mails = await world.owner
        .selectFrom('dev_mails')
        .select('text')
        .where('to_address', '=', jane.email)
        .orderBy('id', 'desc')
        .execute();
      const mail = mails.find((m) => m.text.includes(flow));
      return /https?:\/\/\S+\/portal\/[A-Za-z0-9]{32}/.exec(mail?.text ?? '')?.[0] ?? `no link in ${mail?.text}`;
    },
    async sendBrand(link, flow) {
      const browser = await Browser.opened(world.url, link);
      const task = await taskOf(flow, 'Send us your brand');
      const { csrf } = await browser.portal();
      const form = new FormData();
      const fields = { csrf, 'answer.why': words.answer, 'answer.size': 'Large', comment: words.comment };
      for (const [k, v] of Object.entries(fields)) form.append(k, v);
      form.append('file.logo', new File([Uint8Array.from(png)], words.fileName, { type: 'image/png' }));
      const sent = await browser.send(`/portal/tasks/${task}`, form);
      if (sent.status !== 303) throw new Error(`Sent, and answered ${sent.status}: ${sent.text}`);
      await settled(world);
      return browser;
    },
    async stop() {
      await olivia.close();
      await gus.close();
      await world.stop();
    },
  };
}

export { csrfIn, settled };
