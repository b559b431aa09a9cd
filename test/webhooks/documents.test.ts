/** What is written of webhooks is what is sent: the documents and the sender have one source. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openApiOf } from '../../src/api/openapi.ts';
import { exampleEvent } from '../../src/api/webhooks-document.ts';
import { flowEventBody, flowEvents, flowEventsBySubject, waitWords, webhookEvents } from '../../src/domain/webhook.ts';

const text = readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');

test('docs/webhooks.md tells each event and what it means, the body, and the waits', () => {
  const rows = [...text.matchAll(/^\| `([a-z_.]+)` +\| (.+?) +\|$/gm)].map(([, type, means]) => ({ type, means }));
  expect(rows).toEqual(flowEvents);
  const [, body = ''] = /```json\n(.*?)```/s.exec(text) ?? [];
  expect(JSON.parse(body)).toEqual(exampleEvent);
  expect(flowEventBody.parse(exampleEvent)).toEqual(exampleEvent);
  expect(text).toContain(`sent again after ${waitWords},`);
});

test('each event has a subject that a person chooses it by', () => {
  expect(flowEventsBySubject.map((g) => g.subject)).toEqual([
    ...['Flows', 'Tasks', 'Approvals', 'Comments', 'Clients', 'Mail'],
  ]);
  expect(flowEventsBySubject.flatMap((g) => g.events)).toHaveLength(flowEvents.length);
  // It was sent, and could not be asked for.
  expect(webhookEvents).toContain('task.not_needed');
});

test('the OpenAPI document has every event there is', () => {
  const { webhooks } = openApiOf([], { publicUrl: 'https://booflow.example', version: '0' });
  expect(Object.keys(Object(webhooks)).sort()).toEqual(webhookEvents.toSorted());
});
