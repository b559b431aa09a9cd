/**
 * The job on DBOS, as its guide has it: a workflow that waits for a message, and a door of HTTP to send it by. Runs from
 * the folder its packages are in. `result`: the event that whoever sent the message waits for.
 */
import { createServer } from 'node:http';
import { DBOS } from '@dbos-inc/dbos-sdk';

const { PORT = '', DBOS_SYSTEM_DATABASE_URL } = process.env;
const aMonth = 30 * 86_400;

const task = DBOS.registerWorkflow(
  async () => {
    const answer = await DBOS.recv('complete', aMonth);
    const result = { done: true, answer };
    await DBOS.setEvent('result', result);
    return result;
  },
  { name: 'task' },
);

const doors = {
  async start(id) {
    await DBOS.startWorkflow(task, { workflowID: id })();
    return {};
  },
  async complete(id) {
    await DBOS.send(id, 'yes', 'complete', id);
    return DBOS.getEvent(id, 'result', 60);
  },
};

// The least that notices of events may be held back: of its settings the one that is quickest for the job.
const notificationCoalesceMs = 1;
DBOS.setConfig({
  ...{ name: 'compare', systemDatabaseUrl: DBOS_SYSTEM_DATABASE_URL, logLevel: 'error', notificationCoalesceMs },
  // Else a process with other bytes of code would leave the workflows of the one before alone.
  applicationVersion: '1',
});
await DBOS.launch();

createServer(async (request, response) => {
  const [, door = '', id = ''] = (request.url ?? '').split('/');
  try {
    const answer = await doors[door](id);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
}).listen(Number(PORT), '127.0.0.1');
