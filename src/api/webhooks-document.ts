/** What endpoints are sent, for the OpenAPI document: from the schema of the body that the sender writes. */
import { z } from 'zod';
import { flowEventBody, flowEvents, testEvent, testEventBody, waitWords } from '../operations/webhooks.ts';

type Json = Readonly<Record<string, unknown>>;

const schemaOf = (body: z.ZodObject): Json => {
  const { $schema: _, ...schema } = z.toJSONSchema(body, { io: 'output' });
  return schema;
};

export const webhookSchemas = { FlowEvent: schemaOf(flowEventBody), TestEvent: schemaOf(testEventBody) };

/** The body of an example, as it is sent. */
export const exampleEvent: z.infer<typeof flowEventBody> = {
  type: 'task.completed',
  timestamp: '2026-11-27T09:30:00.000Z',
  data: {
    flow: { id: 'fl_3f5h7k9m2p4r6t8v', name: 'Harbor & Pine', status: 'ACTIVE', percent: 42 },
    task: { id: 'tk_9m2p4r6t8v3f5h7k', title: 'Sign the contract', status: 'COMPLETED' },
    by: { kind: 'external', id: 'ex_2p4r6t8v3f5h7k9m', name: 'Jane Alder', through: 'portal' },
    text: 'completed "Sign the contract"',
    seq: 12,
  },
};

/** Of each request, after Standard Webhooks. */
export const eventHeaders: Readonly<Record<string, string>> = {
  'webhook-id': 'The same for each attempt and each endpoint: whoever has seen it has seen the event',
  'webhook-timestamp': 'When it was sent, in seconds since 1970',
  'webhook-signature':
    'One or several signatures, `v1,…`, with spaces between: while a secret is being changed, one by each',
};

const request = (type: string, means: string, schema: string): Json => ({
  post: {
    summary: type,
    description: means,
    tags: ['Webhooks'],
    security: [],
    parameters: Object.entries(eventHeaders).map(([name, description]) => ({
      ...{ name, in: 'header', required: true, description },
      schema: { type: 'string' },
    })),
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: { allOf: [{ $ref: `#/components/schemas/${schema}` }, { properties: { type: { const: type } } }] },
          ...(type === exampleEvent.type && { example: exampleEvent }),
        },
      },
    },
    responses: {
      '2XX': { description: 'Taken' },
      410: { description: 'The endpoint wants nothing more, and is switched off' },
      default: { description: `Not taken: it is sent again after ${waitWords}` },
    },
  },
});

/** By type, as OpenAPI 3.1 has `webhooks`. */
export const webhooksDocument: Readonly<Record<string, Json>> = {
  ...Object.fromEntries(flowEvents.map(({ type, means }) => [type, request(type, means, 'FlowEvent')])),
  [testEvent]: request(testEvent, 'A test, sent by hand, whichever events were asked for.', 'TestEvent'),
};
