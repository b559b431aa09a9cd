/**
 * Equal questions of this process to one flow, of which one is asked at a time. Who asks while it is under way shares the
 * next: an answer that was asked for before a write was acknowledged may lack it.
 */
/** What came of a question. `silent`: nobody answered. */
type Heard = { readonly state: string };

interface Asked<H> {
  readonly answer: Promise<H>;
  next: Promise<H> | null;
}

export class SharedQuestion<H extends Heard> {
  readonly #asked = new Map<string, Asked<H>>();

  /** `ask`: asks Temporal; `of`: equal for equal questions. */
  heard(of: string, ask: () => Promise<H>): Promise<H> {
    const asked = this.#asked.get(of);
    if (asked === undefined) return this.#begin(of, ask);
    asked.next ??= asked.answer.then(
      // Nobody answered for as long as one is waited for: to wait as long once more helps nobody.
      (heard) => (heard.state === 'silent' ? this.#over(of, heard) : this.#begin(of, ask)),
      () => this.#begin(of, ask),
    );
    return asked.next;
  }

  #begin(of: string, ask: () => Promise<H>): Promise<H> {
    const asked: Asked<H> = { answer: ask(), next: null };
    this.#asked.set(of, asked);
    const over = (): void => {
      if (asked.next === null) this.#asked.delete(of);
    };
    asked.answer.then(over, over);
    return asked.answer;
  }

  #over(of: string, heard: H): H {
    this.#asked.delete(of);
    return heard;
  }
}
