/** What Booflow can do, one operation a file. Doors (MCP, REST, pages) run them and know none by name. */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { Database } from '../db/database.ts';
import { timeZoneOf } from '../db/time-zone.ts';
import { isStorable } from '../domain/storable.ts';
import type { ExternalPrincipal, MemberPrincipal, Principal, Scope } from '../oauth/principal.ts';
import type { FileStore } from '../platform/files/store.ts';
import { newId } from '../platform/ids.ts';
import type { AddressedLetter } from '../platform/letter.ts';
import { operationSeconds } from '../platform/metrics.ts';
import { isDatabaseAway } from '../platform/outage.ts';
import { inSpan, withLogFields } from '../platform/tracing.ts';
import type { FlowGateway } from './gateway.ts';
import { inputTrouble, issueWords } from './input-words.ts';
import type { OrgWorkflows } from './org-workflows.ts';
import { Refusal, type RefusalCode } from './refusal.ts';
import type { WebhookTools } from './webhooks.ts';

/** What every handler may use. */
export interface Tools {
  readonly database: Database;
  readonly flows: FlowGateway;
  readonly workflows: OrgWorkflows;
  /** The bytes of people's files; undefined where none come and go. */
  readonly files?: FileStore | undefined;
  readonly publicUrl: string;
  /** Hands a mail over without being waited for. */
  readonly sendMail: (mail: AddressedLetter) => void;
  readonly webhooks: WebhookTools;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What a door brings: the tools, who calls, and a command id when the caller gave one beside the input. */
export interface Caller extends Tools {
  readonly principal: Principal | null;
  readonly commandId?: string | undefined;
  /** A file that came beside the input. */
  readonly upload?: Upload | undefined;
}

/** A file as it comes in: read once, and to its end by whoever brings it. */
export interface Upload {
  readonly name: string;
  readonly bytes: Readable;
}

/** A call as its handler sees it. */
export interface Call<P> extends Tools {
  readonly principal: P;
  readonly operation: string;
  /** The caller's own, or made up. */
  readonly commandId: string;
  readonly commandIdGiven: boolean;
  /** A hash of who asked what: the same command id with another one is refused. */
  readonly fingerprint: string;
  readonly upload?: Upload | undefined;
  /** The org's: its due dates are days in it. */
  readonly timeZone: string;
}

/** Who may call: anyone at all, any member, an OWNER or ADMIN, an OWNER, or a client in the portal. */
export type Access = 'public' | 'member' | 'admin' | 'owner' | 'portal';

/** Whom an operation with this access is called by. */
export type CallerOf<A extends Access> = A extends 'public'
  ? Principal | null
  : A extends 'portal'
    ? ExternalPrincipal
    : MemberPrincipal;

/** The doors an operation opens to. */
export type Surface = 'mcp' | 'rest' | 'web';

/** A drawing of an operation's facts, for doors that can show one. */
export type View = 'flow';

/** Strict: a word that the input does not know is a mistake to tell, not to drop. */
type InputSchema = z.ZodObject<z.core.$ZodLooseShape, z.core.$strict>;

export const restMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** An operation's place in the REST API. */
export interface RestPlace<Example = Readonly<Record<string, unknown>>> {
  readonly method: (typeof restMethods)[number];
  /** Below `/api/v1`, such as `/flows/{flow}`; what stands in braces are fields of the input. */
  readonly path: string;
  /** An input that works in the demo's Acme Agency: shown in the reference, and called for real by a test. */
  readonly example: Example;
  /** When it makes something: that thing's place, with fields of the facts in braces. The answer is then 201. */
  readonly location?: string;
  /** When it goes away: since when it should not be used, and from when it may be gone (RFC 9745, RFC 8594). */
  readonly deprecated?: { readonly since: Date; readonly sunset: Date; readonly instead: string };
}

/** What is open to REST says where; a missing `rest` is a type error. */
type Doors<Example> =
  | { readonly surfaces: readonly Surface[]; readonly rest: RestPlace<Example> }
  | { readonly surfaces: readonly Exclude<Surface, 'rest'>[]; readonly rest?: undefined };

type Definition<I extends InputSchema, O extends z.ZodObject, A extends Access> = Basics<I, O, A> & Doors<z.input<I>>;

interface Basics<I extends InputSchema, O extends z.ZodObject, A extends Access> {
  /** snake_case, a verb first; the tool's name in MCP. */
  readonly name: string;
  readonly title: string;
  /** For a model: when to use it, what it needs, what comes back. */
  readonly description: string;
  readonly kind: 'read' | 'write';
  /** Can it destroy what people made? (MCP's `destructiveHint`.) */
  readonly destructive?: boolean;
  /** Does it reach people outside, such as by mail? (MCP's `openWorldHint`.) */
  readonly openWorld?: boolean;
  readonly access: A;
  /**
   * Where no connected app may: its consent page did not say it, or it would outlive the connection. Completes "An app that
   * was connected".
   */
  readonly noApps?: string;
  readonly view?: View;
  readonly input: I;
  readonly output: O;
  handler(call: Call<CallerOf<A>>, input: z.output<I>): Promise<z.output<O>>;
  /** The result as a model reads it: the answer first, then what helps the next step. Days are those of the org's time zone. */
  text(facts: z.output<O>, now: number, zone: string): string;
}

/** The result of an operation: facts for machines, text for reading. A refusal changed nothing. */
export type Result<F = Record<string, unknown>> =
  | {
      readonly ok: true;
      readonly text: string;
      readonly facts: F;
      /** Read from rows that lack what somebody was told; the text says so too. */
      readonly mayLag: boolean;
      /** The org's, in which its days are told. */
      readonly timeZone: string;
    }
  | { readonly ok: false; readonly code: RefusalCode; readonly text: string; readonly facts: Record<string, unknown> };

/** An operation with its types folded away: what the doors see. */
export interface Operation {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly kind: 'read' | 'write';
  readonly destructive: boolean;
  readonly openWorld: boolean;
  readonly access: Access;
  /** May a connected app? */
  readonly forApps: boolean;
  readonly surfaces: readonly Surface[];
  readonly rest: RestPlace | null;
  readonly view: View | null;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  /** Parses the input, checks who calls, does it. Refusals and outages are results; only faults of ours are thrown. */
  run(caller: Caller, input: unknown): Promise<Result>;
}

/** An operation whose facts are typed: what pages use. */
export interface TypedOperation<O extends z.ZodObject> extends Operation {
  readonly output: O;
  run(caller: Caller, input: unknown): Promise<Result<z.output<O>>>;
}

export function operation<I extends InputSchema, O extends z.ZodObject, A extends Access>(
  def: Definition<I, O, A>,
): TypedOperation<O> {
  return {
    name: def.name,
    title: def.title,
    description: def.description,
    kind: def.kind,
    destructive: def.destructive ?? false,
    openWorld: def.openWorld ?? false,
    access: def.access,
    forApps: def.noApps === undefined,
    surfaces: def.surfaces,
    rest: def.rest ?? null,
    view: def.view ?? null,
    input: def.input,
    output: def.output,
    run: (caller, input) =>
      measured(def.name, caller.principal, async () => {
        try {
          const principal = admit(def, caller.principal);
          const parsed = def.input.safeParse(input, { error: issueWords });
          if (!parsed.success) {
            throw new Refusal(
              'bad_input',
              `Not done, the input doesn't fit. ${inputTrouble(parsed.error)}. Nothing changed.`,
            );
          }
          if (!isStorable([parsed.data, caller.commandId])) {
            throw new Refusal(
              'bad_input',
              "Not done: a text in it has characters that can't be stored. Nothing changed.",
            );
          }
          const { database, flows, workflows, files, publicUrl, sendMail, webhooks, now, upload } = caller;
          const { command_id: given, ...asked } = { command_id: undefined, ...parsed.data };
          const timeZone = await timeZoneOf(database, caller.principal, now);
          // A question is no command: nothing is kept of an id that comes with it.
          const own = def.kind === 'write' ? oneCommandId(caller.commandId, given) : undefined;
          const call = {
            ...{ database, flows, workflows, files, publicUrl, sendMail, webhooks, now, principal, upload, timeZone },
            ...{ operation: def.name, commandId: own ?? newId('cmd'), commandIdGiven: own !== undefined },
            fingerprint: fingerprintOf(def.name, caller.principal, asked),
          };
          const facts = await def.handler(call, parsed.data);
          const text = def.text(facts, now, timeZone);
          const mayLag = def.kind === 'read' && caller.principal !== null && database.isLate(caller.principal.orgId);
          return { ok: true, text: mayLag ? `${text}\n\n${mayLagWords}` : text, facts, mayLag, timeZone };
        } catch (error) {
          const refusal = isDatabaseAway(error) ? databaseAway() : error;
          if (!(refusal instanceof Refusal)) throw error;
          return {
            ok: false,
            code: refusal.code,
            text: def.kind === 'read' ? refusal.message.replaceAll(nothingChanged, '') : refusal.message,
            facts: { code: refusal.code, ...refusal.facts },
          };
        }
      }),
  };
}

/** Of what commands did that were answered before: rows have it a moment later, and seldom some seconds later. */
const mayLagWords = 'This may lag some seconds behind the last commands.';

/** Told where something could have changed; of a question it would only puzzle. */
const nothingChanged = ' Nothing changed.';

/** For operators: how long it took and how it ended, a span, and who it was for on the lines it logs. */
function measured<R extends { readonly ok: boolean } & Partial<{ readonly code: string }>>(
  operation: string,
  principal: Principal | null,
  work: () => Promise<R>,
): Promise<R> {
  const door = principal === null ? 'public' : principal.kind === 'external' ? 'portal' : principal.through;
  const took = operationSeconds.startTimer({ operation, door });
  return withLogFields({ org: principal?.orgId }, () =>
    inSpan(operation, { 'booflow.door': door }, async () => {
      try {
        const result = await work();
        took({ outcome: result.ok ? 'ok' : result.code });
        return result;
      } catch (error) {
        took({ outcome: 'failed' });
        throw error;
      }
    }),
  );
}

/** The command id of the caller's own; given in the input and beside it, it is the same. */
function oneCommandId(beside: string | undefined, inInput: unknown): string | undefined {
  if (typeof inInput !== 'string') return beside;
  if (beside === undefined || beside === inInput) return inInput;
  throw new Refusal(
    'bad_input',
    'Not done: it came with two command ids, one in the input and another beside it. Give one. Nothing changed.',
  );
}

const databaseAway = (): Refusal =>
  new Refusal(
    'database_unavailable',
    "Not answered: Booflow's database is not answering. Try again in a moment; with the same command id it is done once at most.",
  );

function fingerprintOf(name: string, principal: Principal | null, asked: object): string {
  const who = principal === null ? null : principal.kind === 'member' ? principal.userId : principal.externalId;
  return createHash('sha256')
    .update(JSON.stringify([name, who, asked]))
    .digest('base64url');
}

/** The scope a credential must have for it. */
export const scopeOf = (o: Pick<Operation, 'kind'>): Scope => (o.kind === 'read' ? 'flows:read' : 'flows:write');

export const signInFirst = 'Sign in first: this needs an API key or an access token.';

/** The rule of who may, and the scope it takes; every refusal says who may. */
function admit<A extends Access>(
  def: { access: A; kind: 'read' | 'write'; title: string; noApps?: string },
  principal: Principal | null,
): CallerOf<A>;
function admit(
  def: { access: Access; kind: 'read' | 'write'; title: string; noApps?: string },
  principal: Principal | null,
): Principal | null {
  if (def.access === 'public') return principal;
  if (principal === null) throw new Refusal('unauthenticated', signInFirst);
  if (def.access === 'portal') {
    if (principal.kind === 'external') return principal;
    throw new Refusal('not_allowed', 'This is for clients in their portal. Nothing changed.');
  }
  if (principal.kind !== 'member') {
    throw new Refusal(
      'not_allowed',
      'This is for members of the organization; you see only your own flow. Nothing changed.',
    );
  }
  if (def.noApps !== undefined && principal.byApp) {
    throw new Refusal(
      'not_allowed',
      `An app that was connected ${def.noApps}. Do it on the page, or with an API key. Nothing changed.`,
    );
  }
  const scope = scopeOf(def);
  if (!principal.scopes.includes(scope)) {
    throw new Refusal(
      'insufficient_scope',
      `This needs the scope ${scope}, which was not granted. Authorize again with it. Nothing changed.`,
      { scope },
    );
  }
  if (def.access === 'admin' && principal.role === 'MEMBER') {
    throw new Refusal(
      'not_allowed',
      `${def.title}: only an owner or admin of the organization can. You are a MEMBER; ask one of them. Nothing changed.`,
    );
  }
  if (def.access === 'owner' && principal.role !== 'OWNER') {
    throw new Refusal(
      'not_allowed',
      `${def.title}: only an owner of the organization can. You are ${principal.role === 'ADMIN' ? 'an ADMIN' : 'a MEMBER'}; ask an owner. Nothing changed.`,
    );
  }
  return principal;
}
