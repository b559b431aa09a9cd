/**
 * One flow, from DRAFT to its end, for as many months as it takes. The argument is the whole state, so going on
 * in a new run is one line. Signals only enqueue, the domain decides, and everything else here is waiting.
 */
import {
  defaultPayloadConverter,
  defineSearchAttributeKey,
  type RawValue,
  rawValueTypeInfo,
  SearchAttributeType,
} from '@temporalio/common';
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  log,
  patched,
  proxyActivities,
  proxySinks,
  rootCause,
  setCurrentDetails,
  setHandler,
  sleep,
  TemporalFailure,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { system } from '../domain/actor.ts';
import { type Envelope, tracedSchema } from '../domain/command.ts';
import { isFinal, type MailOrder } from '../domain/flow.ts';
import {
  commandIdOf,
  isProjected,
  type Ledger,
  type MailEnd,
  markProjected,
  type Projection,
  passTime,
  projectionOf,
  receive,
  settleMail,
} from '../domain/ledger.ts';
import { ledgerBytes } from '../domain/ledger-size.ts';
import { limits } from '../domain/limits.ts';
import { type AnyLedger, upToDate } from '../domain/older.ts';
import { nextDueAt, nextMoment } from '../domain/reminders.ts';
import { heldBytes } from '../domain/room.ts';
import { jsonBytes } from '../domain/size.ts';
import type { Rules } from '../domain/turn.ts';
import { answerOf, type CommandAnswer, details, type Overview, overviewOf, type Snapshot } from '../domain/view.ts';
import {
  answerQuery,
  type Cause,
  type CommandResult,
  commandSignal,
  commandUpdate,
  type FlowActivities,
  type FlowSinks,
  mailRefused,
  overviewQuery,
  resultQuery,
  snapshotQuery,
  versionQuery,
} from './contract.ts';

// Raw, since one that can't be decoded (an operator's slip) would else fail every workflow task from then on.
const typeInfo = { inputTypes: new Array(100).fill(rawValueTypeInfo) };
const command = defineSignal<RawValue[]>(commandSignal, { typeInfo });
const commandNow = defineUpdate<CommandResult, RawValue[]>(commandUpdate, { typeInfo });
const answer = defineQuery<CommandAnswer, [string]>(answerQuery);
const result = defineQuery<CommandResult, [string]>(resultQuery);
const snapshot = defineQuery<Snapshot | null, [number?]>(snapshotQuery);
const overview = defineQuery<Overview | null, [number?]>(overviewQuery);
const version = defineQuery<number>(versionQuery);

// Not a local activity: docs/decisions/0004-projection-is-an-ordinary-activity.md
const { projectFlow } = proxyActivities<FlowActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '100 milliseconds', maximumAttempts: 3 },
});

const { sendMail } = proxyActivities<FlowActivities>({
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '3 days',
  // One that is called off gives its place at once; an attempt under way ends by itself, and is the last.
  cancellationType: 'TRY_CANCEL',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '15 minutes' },
});

const { answers } = proxySinks<FlowSinks>();

const statusKey = defineSearchAttributeKey('BooflowFlowStatus', SearchAttributeType.KEYWORD);
const nameKey = defineSearchAttributeKey('BooflowFlowName', SearchAttributeType.KEYWORD);
const nextDueKey = defineSearchAttributeKey('BooflowNextDueAt', SearchAttributeType.DATETIME);

const mailsAtOnce = 5;
/** More than this is another host's wrong clock, not commands that came together. */
const furthestAhead = 10_000;
const projectionBackoff = { first: 1_000, most: 15_000 };

export async function flowWorkflow(start: AnyLedger): Promise<void> {
  const hasMoments = patched('a-moment-for-each-command-from-the-start');
  let ledger: Ledger = upToDate(start);
  const inbox: unknown[] = [];
  /** By its mail's key, how each is called off; null where that is not done. */
  const sending = new Map<string, CancellationScope | null>();
  let projecting = false;
  let cause: Cause | undefined;

  setHandler(command, (raw) => {
    inbox.push(decoded(raw));
  });
  // Accepted, applied and answered in one workflow task. Nobody sends one by default, and why not:
  // docs/decisions/0013-commands-are-signals-again.md
  setHandler(commandNow, (raw): CommandResult => {
    const input = decoded(raw);
    const commandId = commandIdOf(input);
    if (commandId === null) throw ApplicationFailure.nonRetryable('This is no command: it has no id. Nothing changed.');
    inbox.push(input);
    emptyInbox();
    return resultOf(commandId);
  });
  setHandler(answer, (commandId) => answerOf(ledger, commandId));
  setHandler(result, resultOf);
  setHandler(version, () => ledger.flow.version);
  setHandler(snapshot, (most = limits.carriedBytes) => {
    const { flow, projectedVersion } = ledger;
    return heldBytes(flow) <= most ? { flow, projectedVersion } : null;
  });
  setHandler(overview, (most = limits.carriedBytes) => {
    const told = overviewOf(ledger.flow);
    // Less than the flow, whose size is known.
    return heldBytes(ledger.flow) <= most || jsonBytes(told) <= most ? told : null;
  });

  // Declared, not assigned: a command that came before its handler is taken when the handler is set.
  function resultOf(commandId: string): CommandResult {
    return { answer: answerOf(ledger, commandId), projection: smallProjectionOf(ledger) };
  }

  /** Whoever waits hears it before this workflow task is stored: docs/decisions/0017. */
  function tell(commandId: string): void {
    answers.tell(ledger.flow.orgId, answerOf(ledger, commandId));
  }

  /** One command at a time, in the order Temporal has them. */
  function emptyInbox(): void {
    while (inbox.length > 0) {
      const input = inbox.shift();
      cause = causeOf(input, Date.now());
      ledger = receive(ledger, input, momentOf(ledger, hasMoments), rulesNow());
      const commandId = commandIdOf(input);
      if (commandId !== null) tell(commandId);
    }
  }

  async function applyCommands(): Promise<void> {
    for (;;) {
      await condition(() => inbox.length > 0);
      emptyInbox();
    }
  }

  /** A timer that would ring too early is left to ring: starting and cancelling timers costs history. */
  async function watchTheClock(): Promise<void> {
    let armed: number | null = null;
    const ring = async (at: number): Promise<void> => {
      await sleep(Math.max(1, at - Date.now()));
      if (armed === at) armed = null;
      ledger = passTime(ledger, Date.now(), rulesNow());
    };
    for (;;) {
      const earliest = (): number | null => {
        const next = nextMoment(ledger.flow);
        return next !== null && (armed === null || next < armed) ? next : null;
      };
      await condition(() => earliest() !== null);
      const at = earliest();
      if (at !== null) {
        armed = at;
        spawn(ring(at));
      }
    }
  }

  /**
   * Everything that came together is projected once; while PostgreSQL is away the flow goes on without it. When a new
   * run comes, what is not projected yet is left to it.
   */
  async function project(): Promise<void> {
    let pause = projectionBackoff.first;
    for (;;) {
      await condition(() => !isProjected(ledger) && !isNewRunDue());
      const projection = projectionOf(ledger);
      projecting = true;
      try {
        await projectFlow(projection, cause);
        projecting = false;
        ledger = markProjected(ledger, projection);
        pause = projectionBackoff.first;
      } catch (error) {
        projecting = false;
        if (!(error instanceof TemporalFailure)) throw error;
        log.warn('The read model lags: the projection failed and will be tried again', { why: rootCause(error) });
        await sleep(pause);
        pause = Math.min(pause * 2, projectionBackoff.most);
      }
    }
  }

  async function sendMails(): Promise<void> {
    const next = (): MailOrder | undefined =>
      sending.size < mailsAtOnce ? ledger.flow.outbox.find((m) => !sending.has(m.key)) : undefined;
    for (;;) {
      await condition(() => next() !== undefined);
      const mail = next();
      if (mail) spawn(send(mail));
    }
  }

  async function send(mail: MailOrder): Promise<void> {
    const scope = new CancellationScope();
    sending.set(mail.key, patched('mails-are-called-off') ? scope : null);
    const { orgId, id: flowId, name: flowName } = ledger.flow;
    let end: MailEnd = { how: 'taken' };
    try {
      await scope.run(() =>
        sendMail.executeWithOptions({ summary: `${mail.kind} to ${mail.to.name}` }, [
          { orgId, flowId, flowName, mail, cause },
        ]),
      );
    } catch (error) {
      if (!(error instanceof TemporalFailure)) throw error;
      const why = rootCause(error) ?? 'the mail server did not take it';
      end = { how: isRefusal(error) ? 'refused' : 'failed', why };
    }
    ledger = settleMail(ledger, mail.key, end, Date.now());
    sending.delete(mail.key);
  }

  /**
   * What has left the outbox while it was being sent, for a newer one or by a pause: it would be tried for days, keep
   * another from its place, and go out after all.
   */
  async function callOffMails(): Promise<void> {
    const needless = (): [string, CancellationScope] | undefined => {
      for (const [key, scope] of sending) {
        if (scope !== null && !ledger.flow.outbox.some((m) => m.key === key)) return [key, scope];
      }
      return undefined;
    };
    for (;;) {
      await condition(() => needless() !== undefined);
      const [key, scope] = needless() ?? [];
      if (key !== undefined) sending.delete(key);
      scope?.cancel();
    }
  }

  /** What operators see; attributes cost an event, so only when they change. */
  async function show(): Promise<void> {
    for (;;) {
      const { status, name } = ledger.flow;
      const due = nextDueAt(ledger.flow);
      const shown = workflowInfo().typedSearchAttributes;
      if (shown.get(statusKey) !== status || (shown.get(nextDueKey)?.getTime() ?? null) !== due) {
        upsertSearchAttributes([
          { key: statusKey, value: status },
          { key: nextDueKey, value: due === null ? null : new Date(due) },
        ]);
      }
      // Only where it was shown from the beginning: with keys, it is not.
      const shownName = shown.get(nameKey);
      if (shownName !== undefined && shownName !== name) upsertSearchAttributes([{ key: nameKey, value: name }]);
      setCurrentDetails(details(ledger.flow, Date.now()));
      const { version, outbox } = ledger.flow;
      await condition(() => ledger.flow.version !== version || ledger.flow.outbox !== outbox);
    }
  }

  /** Temporal would end a flow that hands over more than it takes: such a one stays in its run until it has less. */
  function isNewRunDue(): boolean {
    return workflowInfo().continueAsNewSuggested && ledgerBytes(ledger) <= limits.carriedBytes;
  }

  async function warn(): Promise<void> {
    await condition(() => workflowInfo().continueAsNewSuggested && !isNewRunDue());
    log.error(
      'The flow is too large for a new run, and stays in this one until mail goes out and the read model is up to date',
      {
        ...{ bytes: ledgerBytes(ledger), most: limits.carriedBytes, mails: ledger.flow.outbox.length },
      },
    );
  }

  // The first projection of all is that of its creation, which is a command too.
  const [created] = ledger.outcomes;
  if (created && ledger.projectedVersion === 0) tell(created.commandId);

  // A failure in any part fails the workflow task, not the flow: Temporal tries again, and a mended worker goes on.
  // Thrown as it is, one of Temporal's own failures would end the flow.
  let failure: Error | null = null;
  function spawn(part: Promise<void>): void {
    part.catch((cause: unknown) => {
      failure = new Error(`A part of the flow stopped: ${cause}`, { cause });
    });
  }

  // "Request cancellation" in the Web UI means what `cancel` means.
  CancellationScope.current().cancelRequested.catch(() => {
    const envelope: Envelope = {
      commandId: `temporal-cancel-${workflowInfo().runId}`,
      fingerprint: '',
      actor: { ...system, name: 'An operator' },
      command: { type: 'cancel', reason: 'Cancelled in Temporal.' },
    };
    inbox.push(envelope);
  });

  const settled = (): boolean => inbox.length === 0 && isProjected(ledger);
  const ended = (): boolean => isFinal(ledger.flow.status) && settled() && ledger.flow.outbox.length === 0;
  const shouldGoOnAnew = (): boolean => isNewRunDue() && inbox.length === 0 && !projecting;

  await CancellationScope.nonCancellable(async () => {
    for (const part of [applyCommands, watchTheClock, project, sendMails, callOffMails, show, warn]) spawn(part());
    await condition(() => failure !== null || ended() || shouldGoOnAnew());
  });
  if (failure !== null) throw failure;
  if (!ended()) await continueAsNew<typeof flowWorkflow>(ledger);
}

/** Asked for each command and each moment: a flow in the middle takes its next one by today's rules. */
const rulesNow = (): Rules => ({ mailsFit: patched('mails-that-fit') });

const isRefusal = ({ cause }: TemporalFailure): boolean =>
  cause instanceof ApplicationFailure && cause.type === mailRefused;

/**
 * Of the next command: later than that of the one before, or a pause could not be told from what came just before it. Within
 * a workflow task the clock stands still. `always`: in runs that had it from their start. In others a patch was asked for
 * where two moments would have met, and those may meet at one time and not in the replay:
 * docs/decisions/0012-a-command-is-an-update.md
 */
function momentOf({ outcomes }: Ledger, always: boolean): number {
  const now = Date.now();
  const before = outcomes.at(-1)?.at ?? 0;
  const isTaken = before >= now && before < now + furthestAhead;
  return isTaken && (always || patched('a-moment-for-each-command')) ? before + 1 : now;
}

/** Of a command that belongs to a trace; what time brings about belongs to none. */
function causeOf(input: unknown, at: number): Cause | undefined {
  const { data } = tracedSchema.safeParse(input);
  return data && { ...data, at };
}

function smallProjectionOf(ledger: Ledger): Projection | null {
  if (isProjected(ledger)) return null;
  const projection = projectionOf(ledger);
  return jsonBytes(projection) <= limits.projectionBytes ? projection : null;
}

/** What a signal or an update carries; undefined, which no command is, when it can't be read. */
function decoded(raw: RawValue | undefined): unknown {
  try {
    return raw && defaultPayloadConverter.fromPayload(raw.payload);
  } catch (error) {
    log.warn('A command that is not JSON was ignored', { why: String(error) });
    return undefined;
  }
}
