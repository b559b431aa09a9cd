/** Settings: the endpoints of other products that are told of what happens, and what they were told. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { webhookEvents } from '../domain/webhook.ts';
import type { Authority } from '../oauth/authority.ts';
import { createWebhook } from '../operations/create-webhook.ts';
import { deleteWebhook } from '../operations/delete-webhook.ts';
import { listWebhookDeliveries } from '../operations/list-webhook-deliveries.ts';
import { listWebhooks } from '../operations/list-webhooks.ts';
import type { Result, Tools } from '../operations/operation.ts';
import { redeliverUndelivered } from '../operations/redeliver-undelivered.ts';
import { redeliverWebhook } from '../operations/redeliver-webhook.ts';
import { rotateWebhookSecret } from '../operations/rotate-webhook-secret.ts';
import { testWebhook } from '../operations/test-webhook.ts';
import { updateWebhook } from '../operations/update-webhook.ts';
import { mostUrl, webhookFields } from '../operations/webhooks.ts';
import { callerOf, memberRoutes, newCommandId, toSendAgain, type Visit } from './kit/member.ts';
import { nameProblem } from './kit/name-problem.ts';
import { need, settled } from './kit/need.ts';
import { notThere, PageTrouble, troubles } from './kit/trouble.tsx';
import {
  logHref,
  nothingTold,
  type Told,
  type WebhookAct,
  type Wrong,
  webhookActs,
  webhookPage,
  webhooksPage,
} from './webhook-pages.tsx';

interface WebhookRoutesOptions {
  readonly authority: Authority;
  readonly tools: () => Tools;
}

type Fields = Readonly<Record<string, string>>;

/** Each type has a box of its own, so that the form works without script. */
const eventsOf = (fields: Fields): string[] => webhookEvents.filter((type) => fields[`event.${type}`] !== undefined);

const tellings: Readonly<Record<string, string>> = {
  changed: 'Saved.',
  off: 'It is off. What happens meanwhile is not told; what waits is delivered when it is on again.',
  on: 'It is on.',
  tested: 'A test event is on its way. Its line below says how it went; load the page anew in a moment.',
  again: 'It is on its way. Load the page anew in a moment.',
  all: 'All that was not taken is on its way, the oldest first. Load the page anew in a moment.',
  deleted: 'The webhook is deleted, with its log.',
};

interface Refused {
  readonly code: string;
  readonly text: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Which field a refusal is about, and what is wrong with it in a sentence of its own. */
function wrongOf(refused: Refused, { url = '', description = '' }: Fields): Wrong | null {
  if (!webhookFields.url.safeParse(url).success)
    return { field: 'url', text: `That is longer than ${mostUrl.toLocaleString('en-GB')} characters.` };
  if (!webhookFields.description.safeParse(description).success)
    return { field: 'description', text: nameProblem(description, 'what it is for') ?? refused.text };
  if (refused.facts.field !== 'url') return null;
  return { field: 'url', text: refused.text.replace('Not done: the', 'The').replace(' Nothing changed.', '') };
}

/** A refusal in the words of the page: what is wrong stands beside the field, and above it the way there. */
function refusal(refused: Refused, fields: Fields): Told {
  const wrong = wrongOf(refused, fields);
  const ofShape = wrong !== null && refused.code === 'bad_input' && refused.facts.field === undefined;
  const label = { url: 'Address', description: 'What it is for' };
  const problem = ofShape ? `Nothing changed. Look at “${label[wrong.field]}”.` : toSendAgain(refused).problem;
  return { ...nothingTold, problem, wrong };
}

export async function webhookRoutes(app: FastifyInstance, { authority, tools }: WebhookRoutesOptions): Promise<void> {
  const { page, form } = memberRoutes(app, authority, tools);
  const html = (reply: FastifyReply, text: string, status = 200) => reply.code(status).type('text/html').send(text);

  const list = async (visit: Visit, told: Told, fields: Fields = {}): Promise<string> => {
    const { webhooks } = need(await listWebhooks.run(callerOf(visit), {}));
    const typed = { url: fields.url ?? '', description: fields.description ?? '', events: eventsOf(fields) };
    const { session, tools: kit } = visit;
    return webhooksPage({ session, now: kit.now, webhooks, typed, commandId: newCommandId(), told });
  };
  const one = async (visit: Visit, told: Told, fields: Fields | null = null): Promise<string> => {
    const { id = '' } = visit.params;
    const caller = callerOf(visit);
    const { cursor } = visit.query;
    const [all, log] = await Promise.all([
      listWebhooks.run(caller, {}),
      listWebhookDeliveries.run(caller, { webhook: id, ...(cursor && { cursor }) }),
    ]);
    const webhook = need(all).webhooks.find((w) => w.id === id);
    if (!webhook) throw new PageTrouble(notThere('There is no such webhook in your organization.'));
    const { deliveries, nextCursor } = need(log);
    const typed =
      fields === null
        ? webhook
        : { url: fields.url ?? '', description: fields.description ?? '', events: eventsOf(fields) };
    const { session, tools: kit } = visit;
    return webhookPage({
      session,
      now: kit.now,
      webhook,
      typed,
      deliveries,
      cursor: cursor ?? null,
      nextCursor,
      told,
      commandId: newCommandId(),
    });
  };
  const toldBy = (visit: Visit): Told => ({ ...nothingTold, notice: tellings[visit.query.told ?? ''] ?? null });

  page('/settings/webhooks', async (visit, reply) => html(reply, await list(visit, toldBy(visit))));
  form('/settings/webhooks', async (visit, fields, reply) => {
    const { url = '', description = '' } = fields;
    const made = settled(
      await createWebhook.run(callerOf(visit, fields), { url, description, events: eventsOf(fields) }),
    );
    if (!made.ok) {
      return html(reply, await list(visit, refusal(made, fields), fields), 422);
    }
    const { webhook, secret } = made.facts;
    return html(reply, await list(visit, { ...nothingTold, secret: { of: webhook, secret, before: null } }), 201);
  });

  page('/settings/webhooks/:id', async (visit, reply) => html(reply, await one(visit, toldBy(visit))));

  // What a button answers stands at the button's own address, until someone loads it from there.
  page('/settings/webhooks/:id/:act', async ({ params: { id = '', act }, query }, reply) => {
    if (!webhookActs.some((known) => known === act)) throw new PageTrouble(troubles.notFound);
    return reply.redirect(logHref(id, query.cursor ?? null), 303);
  });

  /** A button of one webhook's page: does it, then shows the truth. */
  const button = (
    path: WebhookAct,
    act: (visit: Visit, fields: Fields, webhook: string) => Promise<Result>,
    told: (fields: Fields) => string,
  ) =>
    form(`/settings/webhooks/:id/${path}`, async (visit, fields, reply) => {
      const { id = '' } = visit.params;
      const result = settled(await act(visit, fields, id));
      if (!result.ok) {
        if (path !== 'change') return html(reply, await one(visit, { ...nothingTold, problem: result.text }), 422);
        return html(reply, await one(visit, refusal(result, fields), fields), 422);
      }
      const done = { told: told(fields) };
      const here =
        path === 'delete'
          ? `/settings/webhooks?${new URLSearchParams(done)}`
          : logHref(id, visit.query.cursor ?? null, done);
      return reply.redirect(here, 303);
    });
  button(
    'change',
    (visit, fields, webhook) => {
      const { url, description } = fields;
      return updateWebhook.run(callerOf(visit), { webhook, url, description, events: eventsOf(fields) });
    },
    () => 'changed',
  );
  button(
    'switch',
    (visit, { enabled }, webhook) => updateWebhook.run(callerOf(visit), { webhook, enabled: enabled === 'true' }),
    ({ enabled }) => (enabled === 'true' ? 'on' : 'off'),
  );
  button(
    'test',
    (visit, fields, webhook) => testWebhook.run(callerOf(visit, fields), { webhook }),
    () => 'tested',
  );
  button(
    'redeliver',
    (visit, { delivery }, webhook) => redeliverWebhook.run(callerOf(visit), { webhook, delivery }),
    () => 'again',
  );
  button(
    'redeliver-all',
    (visit, _fields, webhook) => redeliverUndelivered.run(callerOf(visit), { webhook }),
    () => 'all',
  );
  button(
    'delete',
    (visit, _fields, webhook) => deleteWebhook.run(callerOf(visit), { webhook }),
    () => 'deleted',
  );
  form('/settings/webhooks/:id/secret', async (visit, fields, reply) => {
    const { id: webhook = '' } = visit.params;
    const stop_older = fields.stop_older !== undefined;
    const changed = settled(await rotateWebhookSecret.run(callerOf(visit, fields), { webhook, stop_older }));
    if (!changed.ok)
      return html(reply, await one(visit, { ...nothingTold, problem: toSendAgain(changed).problem }), 422);
    const { webhook: of, secret, oldUntil: until } = changed.facts;
    return html(reply, await one(visit, { ...nothingTold, secret: { of, secret, before: { until } } }));
  });
}
