/** So many at once under one key, the others in the order they came; who waits too long gets no turn. */
export class Turns {
  readonly #atOnce: number;
  readonly #keys = new Map<string, { under: number; readonly waiting: Set<(mine: boolean) => void> }>();

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** True when it is the caller's turn, who then calls `end`; false when that took longer than `ms`. */
  async take(key: string, ms: number): Promise<boolean> {
    const now = this.#keys.get(key) ?? { under: 0, waiting: new Set() };
    this.#keys.set(key, now);
    if (now.under < this.#atOnce) {
      now.under++;
      return true;
    }
    return new Promise((resolve) => {
      const tell = (mine: boolean): void => {
        now.waiting.delete(tell);
        clearTimeout(timer);
        resolve(mine);
      };
      const timer = setTimeout(() => tell(false), ms);
      now.waiting.add(tell);
    });
  }

  end(key: string): void {
    const now = this.#keys.get(key);
    if (!now) return;
    const [next] = now.waiting;
    if (next) next(true);
    else if (--now.under === 0) this.#keys.delete(key);
  }
}
