/** What Booflow can do, one operation a file. Doors (MCP, REST, pages) run them and know none by name. */
import type { z } from 'zod';
import type { Database } from '../db/database.ts';
import type { Principal } from '../oauth/principal.ts';
import type { FlowGateway } from './gateway.ts';
import { Refusal } from './refusal.ts';

/** What every handler may use. */
export interface Tools {
  readonly database: Database;
  readonly flows: FlowGateway;
  readonly publicUrl: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A call: the tools, who calls, and the command's id (the caller's own, or made up). */
export interface Call<P> extends Tools {
  readonly principal: P;
  readonly commandId: string;
  /** A hash of the operation and its input: the same command id with another one is refused. */
  readonly fingerprint: string;
}

export type MemberPrincipal = Extract<Principal, { kind: 'member' }>;
export type ExternalPrincipal = Extract<Principal, { kind: 'external' }>;

/** Who may call: anyone at all, any member, an OWNER or ADMIN, or a client in the portal. */
export type Access = 'public' | 'member' | 'admin' | 'portal';

/** Whom an operation with this access is called by. */
export type CallerOf<A extends Access> = A extends 'public'
  ? Principal | null
  : A extends 'portal'
    ? ExternalPrincipal
    : MemberPrincipal;

/** The doors an operation opens to. */
export type Surface = 'mcp' | 'rest' | 'web';

interface Definition<I extends z.ZodObject, O extends z.ZodObject, A extends Access> {
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
  readonly surfaces: readonly Surface[];
  readonly input: I;
  readonly output: O;
  handler(call: Call<CallerOf<A>>, input: z.output<I>): Promise<z.output<O>>;
  /** The result as a model reads it: the answer first, then what helps the next step. */
  text(facts: z.output<O>, now: number): string;
}

/** The result of an operation: facts for machines, text for reading. A refusal changed nothing. */
export type Result =
  | { readonly ok: true; readonly text: string; readonly facts: Record<string, unknown> }
  | { readonly ok: false; readonly code: string; readonly text: string; readonly facts: Record<string, unknown> };

/** An operation with its types folded away: what the doors see. */
export interface Operation {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly kind: 'read' | 'write';
  readonly destructive: boolean;
  readonly openWorld: boolean;
  readonly access: Access;
  readonly surfaces: readonly Surface[];
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  /** Parses the input, checks who calls, does it. Refusals are results; only faults of ours are thrown. */
  run(call: Call<Principal | null>, input: unknown): Promise<Result>;
}

export function operation<I extends z.ZodObject, O extends z.ZodObject, A extends Access>(
  def: Definition<I, O, A>,
): Operation {
  return {
    name: def.name,
    title: def.title,
    description: def.description,
    kind: def.kind,
    destructive: def.destructive ?? false,
    openWorld: def.openWorld ?? false,
    access: def.access,
    surfaces: def.surfaces,
    input: def.input,
    output: def.output,
    async run(call, input) {
      try {
        const parsed = def.input.safeParse(input);
        if (!parsed.success) throw new Refusal('bad_input', inputSentence(parsed.error));
        const principal = admit(def, call.principal);
        const facts = await def.handler({ ...call, principal }, parsed.data);
        return { ok: true, text: def.text(facts, call.now), facts };
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return { ok: false, code: error.code, text: error.message, facts: { code: error.code, ...error.facts } };
      }
    },
  };
}

function inputSentence(error: z.ZodError): string {
  const problems = error.issues.slice(0, 5).map((i) => `${i.path.join('.') || 'input'}: ${i.message}`);
  return `Not done, the input doesn't fit. ${problems.join('; ')}. Nothing changed.`;
}

/** The rule of who may, and the scope it takes; every refusal says who may. */
function admit<A extends Access>(
  def: { access: A; kind: 'read' | 'write'; title: string },
  principal: Principal | null,
): CallerOf<A>;
function admit(
  def: { access: Access; kind: 'read' | 'write'; title: string },
  principal: Principal | null,
): Principal | null {
  if (def.access === 'public') return principal;
  if (principal === null)
    throw new Refusal('unauthenticated', 'Sign in first: this needs an API key or an access token.');
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
  const scope = def.kind === 'read' ? 'flows:read' : 'flows:write';
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
  return principal;
}
