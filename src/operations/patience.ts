/**
 * How long the answer to a command is waited for before its flow is asked: thrice the time that answers take of late. A
 * refused command changes nothing that would be told, so it should not be waited for longer.
 */

/** In milliseconds; of each that is waited for: many at once take longer, also when the last one came alone. */
const [least, most, each] = [60, 2_000, 25];

/** What is known of how long answers take counts half after each such time without one, in milliseconds. */
const halfLife = 2_000;

export class Patience {
  /** From the moment that Temporal has a command to that where its answer is told, at `#heardAt`. */
  #usualMs: number;
  #heardAt = performance.now();
  /** Commands of this process whose answers are waited for. */
  #waiting = 0;

  /** `usualMs`: how long the first answer is expected to take. */
  constructor(usualMs: number) {
    this.#usualMs = usualMs;
  }

  /** What is heard soon, from the moment that Temporal has the command; null where nothing is. */
  async soon<T>(hearing: Promise<T | null>): Promise<T | null> {
    const begun = performance.now();
    const heard = hearing.then((answer) => {
      // Also when it came too late to be waited for: the next ones are.
      if (answer !== null) this.#learn(performance.now() - begun);
      return answer;
    });
    let timer: NodeJS.Timeout | undefined;
    this.#waiting++;
    const over = new Promise<null>((resolve) => {
      const wait = (): void => {
        const left = begun + this.#ms() - performance.now();
        if (left <= 0) resolve(null);
        // Looked at anew then: of many that come at once the first would else know of none but itself.
        else timer = setTimeout(wait, left);
      };
      wait();
    });
    try {
      return await Promise.race([heard, over]);
    } finally {
      this.#waiting--;
      clearTimeout(timer);
    }
  }

  /** For how long an answer is waited for at this moment, in milliseconds. */
  #ms(): number {
    return Math.min(most, Math.max(least, 3 * this.#ofLate(), each * this.#waiting));
  }

  #learn(ms: number): void {
    const before = this.#ofLate();
    this.#usualMs = before + (ms - before) / 8;
    this.#heardAt = performance.now();
  }

  /** How long an answer takes. What a crowd took is no measure for whoever comes after it, alone, to be refused. */
  #ofLate(): number {
    return this.#usualMs * 0.5 ** ((performance.now() - this.#heardAt) / halfLife);
  }
}
