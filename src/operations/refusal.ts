/** An answer that says no: a stable code, and a text that says what is so and what to do instead. Nothing changed. */
export class Refusal extends Error {
  readonly code: string;
  readonly facts: Record<string, unknown>;

  constructor(code: string, text: string, facts: Record<string, unknown> = {}) {
    super(text);
    this.name = 'Refusal';
    this.code = code;
    this.facts = facts;
  }
}
