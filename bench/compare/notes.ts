/** What the comparison means, for the docs: beside the figures, so that whoever changes one sees the other. */
export const compareNotes = `
**The job.** A task waits for a person; somebody says "complete", and hears what came of it once that is durable. On DBOS a
workflow waits in \`recv\`, the message is sent with its id as key, and the answer is an event of the workflow (\`bench/compare/dbos-app.mjs\`).
On Restate a workflow waits for a durable promise, and a handler resolves it and waits for the result (\`restate-app.mjs\`). On Temporal
alone a workflow waits for one update (\`temporal-workflow.ts\`). Booflow's own is \`complete_task\` on a flow of five tasks: its command as a
program gives it, and over MCP with the credentials checked and the input held against its schema; after
the answer the read model is written, and the feed, webhooks and the next task's mail are seen to.

**Durability, matched.** DBOS, Temporal on PostgreSQL, and Booflow use the same PostgreSQL 18 with \`fsync\` and \`synchronous_commit\` on; each
stand has one of its own. Restate runs with its defaults, which sync its log (\`rocksdb-disable-wal-fsync = false\` for the log server). The
dev server of Temporal keeps a file of SQLite with a log ahead of it, and syncs that at each of its many commits. Counted with strace, one task at a time, syncs
until the answer, and within 0.3 s after it: DBOS 3.3 and 0.8, Restate 9.9 and 1.0, Temporal alone on the dev server 3.1 and 1.2, as it comes, with SQLite’s own journal, 14.6 and 11.6; Temporal on
PostgreSQL was not counted: that it commits twice, one after the other, is how its store for SQL is written. Booflow answers
when the command is on the disk and its flow takes it; what came of it is stored, and the read model written, right after (\`docs/decisions/0017\`).
DBOS is asked over HTTP, Restate over its own HTTP, Temporal alone by gRPC from the client's process, which spares it a hop.

**How it is measured.** All stands run at once on one machine and are measured in turn, round by round, so that other work meets all of
them. Compare the ratios, and the processor time, which other work hardly changes; the milliseconds are this machine's, on that day, and one turn of 50
clients can meet anything: where a bare update is behind what contains one, that is why. "Back"
counts from \`kill -9\` with tasks waiting until one of them was completed: of the program with the code (for Booflow its
server and worker, which \`npm start\` starts again after half a second), and of everything, its database with it.

**Where we lose, and why.** DBOS and Restate do more with the same machine, and are much quicker to come back.

- _Temporal's share._ A bare update, the least one can do on Temporal, takes a multiple of the others' processor time: the server commits the history and the
  workflow's state one after the other, and hands the work to a worker and back over gRPC. The others have no such hand-over: DBOS runs the
  workflow in the program that serves, Restate pushes to it over a connection that is open.
- _Our share._ What a command leaves to do after its answer, which costs processor time and throughput: the workflow task's end, and the activity that writes
  the read model, with a workflow task of its own. And the way of a call over MCP.
- _Coming back._ A worker that was killed is one that Temporal still believes in: what was sent to it waits for
  \`stickyQueueScheduleToStartTimeout\`, 10 s unless told otherwise, and 4 s in Booflow's worker. What remains is the start of the worker itself, which
  finds the workflow code bundled. On DBOS and Restate the code starts as any program does.

**What was ours, and is closed.** The server's profile (the inspector's, while 30 clients complete tasks) had 26% of its time in writes to
PostgreSQL's sockets, 12% in Kysely, 4% in spans that nobody received. A completed task over MCP made 18 statements and then 11: a
transaction begins with its settings in one round trip, two ids take one look, a task without answers needs no look for files; spans that leave nowhere are not made; and the
read model's commit does not wait for the disk. Before and after, in turns in one run (60 rounds; 50 clients, two turns; commands were updates then): p50 66.7 and 59.1 ms
(0.89×), p95 123 and 81 ms (0.66×), 19.7 and 29.2 a second (1.48×), processor time a task 56.1 and 45.6 ms (0.81×; the server's 11.9 and 9.2).
Then, each before and after in one run:

- The dev server's one shard looked 20 times a second for what to hand to workers, where a command needs three looks. A bare signal and
  query 40 ms after another: p50 58.9 and 31.2 ms (0.53×). Where there are more shards it seldom shows; \`deploy/temporal.yml\` has it for all.
- \`get_flow\` asked its workflow for everything, and now for what it shows: against a query 1.71 and 1.58.
- The transaction that writes a command's effects tells its answer, which was a query: complete_task over MCP against a signal and a query 1.48 and 1.28 to 1.33, at 50
  clients 0.77 and 0.76 to 0.85 times as many. By processor time a task then costs 45 ms over MCP, where a signal and a query cost 34 to 38; of the 45 the server has 6 to 7,
  PostgreSQL 4, the worker 11 and Temporal 19.
- Several people on one flow: a query that Temporal refuses while it has one is asked again after 30 ms instead of 1.7 s (the table above).
- Temporal gives an activity back with the workflow task that asked for it, the dev server syncs each commit once, and a projection's statements go out at
  once (\`docs/decisions/0015\`). One run after another: complete_task over MCP p50 42.9 and 32.6 ms, at 50 clients 31.5 and 61.4 a second; a bare signal and query 34.3 and 26.2 ms,
  39.1 and 75.3 a second. By processor time a task then costs 26 to 29 ms over MCP, of which Temporal has 9 to 10, the worker 8, the server 4 to 5 and PostgreSQL 2 to 3.
- Statements that write are prepared once a connection. 400 projections each, in turns in one run, three times: plain 3.7 to 4.2 ms and 2.2 to 2.3 ms of PostgreSQL's
  processor time, prepared 2.4 to 3.1 ms and 1.4 to 1.5 ms.
- A command that gives flow and task by their ids is sent without a look for their names, and the answer is told before PostgreSQL has synced it (\`docs/decisions/0014\`).
- \`get_flow\` looks up who wants no reminders only where somebody could, and a request is turned over once between HTTP and the MCP SDK: against a query 1.62 and 1.60 as it was, and 1.36 to 1.49 in seven runs since, the last of them as it is now: 1.39.
- The worker tells the answer while the flow takes the command, and no longer with the read model (\`docs/decisions/0017\`): a command without HTTP against a bare update
  1.47, then 0.98 in each of two runs; complete_task over MCP against a signal and a query 1.01, then 0.77, at 50 clients 0.82 to 0.90 times as many, then 0.90 and 0.91.

The worker's profile shows nothing large that is ours: its thread is busy for 7 ms a task, nearly all of it in Temporal's SDK.
A killed worker's flows, three times each in turns: 13.2, 10.4 and 13.0 s as it was, 11.0, 10.6 and 10.4 s with 4 s.

**What is not closed.** A command's answer comes as soon as a bare update's. Over MCP it comes later by what a call takes that does nothing, the ping of the
first table; an update over MCP would take the two together. The commit of the signal, and the hand-over to a worker, stay as long as it is Temporal.

**What Temporal gives for the rest.** Workers apart from servers and from each other, each restarted, added and updated alone, with the work
handed to those that live; a history of each flow that is kept, shown and replayed, by which new code is proved against old flows before it
is deployed; timers for months, signals, queries, updates and retries as parts of one model; search over running flows, and a Web UI and CLI in which
operators look into one, pause, reset and end it; SDKs in other languages on the same flows; a cluster that grows by nodes, and a cloud
that runs it. DBOS has most of that in one PostgreSQL, with no server to run: where a flow is short, and one language and one database
are enough, it is the smaller choice, and quicker. Restate is as small to run, and the quickest to come back; it keeps a workflow's journal for a day
after its end unless told otherwise, where Temporal's history is made to be kept and replayed.
`.trim();
