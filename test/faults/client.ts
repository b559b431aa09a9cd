/** A client as careful as one should be: it gives each command an id, and asks again with the same one until it knows. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Wish } from './plan.ts';

/** What a client knows in the end. `unknown`: nobody told it, so the command may have been done or not. */
export type Final =
  | { readonly state: 'applied'; readonly facts: AppliedFacts }
  | { readonly state: 'refused'; readonly code: string }
  | { readonly state: 'unknown' };

/** A wish and what its sender was told; two finals where it was sent twice. */
export interface Told {
  readonly wish: Wish;
  readonly finals: readonly Final[];
}

/** One request's answer, for the figures. */
export interface Heard {
  readonly commandId: string;
  /** Milliseconds since 1970, when it was asked. */
  readonly at: number;
  readonly tookMs: number;
  /** `applied`, `accepted`, a refusal's code, or how it failed. */
  readonly what: string;
}

const appliedFacts = z.object({
  state: z.literal('applied'),
  commandId: z.string(),
  flow: z.object({ id: z.string(), name: z.string(), status: z.string(), progress: z.unknown() }),
  mailsQueued: z.number(),
});
export type AppliedFacts = z.infer<typeof appliedFacts>;

const rpcResult = z.object({
  result: z.object({
    isError: z.boolean().optional(),
    structuredContent: z.union([
      appliedFacts,
      z.object({ state: z.literal('accepted') }),
      z.object({ code: z.string() }),
    ]),
  }),
});
const rpcFault = z.object({ error: z.object({ code: z.number(), message: z.string() }) });

/** What only says "not now": the same command may do better in a moment. */
const passing = new Set(['engine_unavailable', 'database_unavailable', 'flow_busy', 'internal', 'not_found']);

/** Is this, of `Heard`, an answer after which nobody need ask again? */
export const isFinalAnswer = (what: string): boolean =>
  what === 'applied' || (/^[a-z_]+$/.test(what) && what !== 'accepted' && !passing.has(what));

/** Longer than any answer may take. */
const hangsAfterMs = 30_000;

export interface ClientOptions {
  /** Of each server, asked in turn. */
  readonly urls: readonly string[];
  readonly apiKey: string;
  /** How long a command is asked for again, in milliseconds, before its sender gives up. */
  readonly patienceMs: number;
  readonly heard: (heard: Heard) => void;
}

export class FaultClient {
  readonly #options: ClientOptions;
  #id = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** Sends a command in the manner it is wished. `hangUpMs`: when a careless sender hangs up. */
  async send(wish: Wish, hangUpMs: number): Promise<Told> {
    switch (wish.manner) {
      case 'careless':
        return { wish, finals: [(await this.ask(wish, hangUpMs)) ?? { state: 'unknown' }] };
      case 'twice':
        return { wish, finals: await Promise.all([this.untilKnown(wish), this.untilKnown(wish)]) };
      case 'careful':
        return { wish, finals: [await this.untilKnown(wish)] };
    }
  }

  /** Asks again with the same command id until the answer is final, or patience ends. */
  async untilKnown(wish: Wish): Promise<Final> {
    const deadline = Date.now() + this.#options.patienceMs;
    let last: Final | null = null;
    for (let wait = 50; Date.now() < deadline; wait = Math.min(2 * wait, 1_000)) {
      last = await this.ask(wish, hangsAfterMs);
      if (last !== null && !(last.state === 'refused' && passing.has(last.code))) return last;
      await sleep(wait);
    }
    return last?.state === 'refused' && last.code === 'not_found' ? last : { state: 'unknown' };
  }

  /** One request. Null when the answer is not final. */
  async ask({ commandId, tool, args }: Wish, timeoutMs: number): Promise<Final | null> {
    const at = Date.now();
    const hear = (what: string): void => this.#options.heard({ commandId, at, tookMs: Date.now() - at, what });
    let status: number;
    let text: string;
    const { urls } = this.#options;
    const url = urls[++this.#id % urls.length];
    try {
      const answer = await fetch(`${url}/api/mcp`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${this.#options.apiKey}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2025-06-18',
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: this.#id,
          method: 'tools/call',
          params: { name: tool, arguments: { ...args, command_id: commandId } },
        }),
        // Whole milliseconds only, or nothing is sent.
        signal: AbortSignal.timeout(Math.ceil(timeoutMs)),
      });
      status = answer.status;
      text = await answer.text();
    } catch (error) {
      const hungUp = error instanceof Error && error.name === 'TimeoutError';
      hear(hungUp ? (timeoutMs < hangsAfterMs ? 'hung up' : 'no answer') : 'connection lost');
      return null;
    }
    const body = parse(text);
    const result = rpcResult.safeParse(body);
    if (result.success) {
      const facts = result.data.result.structuredContent;
      if ('code' in facts) {
        hear(facts.code);
        return { state: 'refused', code: facts.code };
      }
      hear(facts.state);
      return facts.state === 'applied' ? { state: 'applied', facts } : null;
    }
    const fault = rpcFault.safeParse(body);
    hear(
      fault.success
        ? `HTTP ${status}, ${fault.data.error.message}`
        : `HTTP ${status}, unreadable: ${text.slice(0, 200)}`,
    );
    return null;
  }
}

/** JSON, or the JSON of a stream's one event. */
function parse(text: string): unknown {
  const data = text.startsWith('{') ? text : (/^data: (\{.*)$/m.exec(text)?.[1] ?? 'null');
  return JSON.parse(data);
}
