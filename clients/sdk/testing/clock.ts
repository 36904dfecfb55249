/** The world's own time: it stands still until it is moved, and wakes whoever sleeps in it, in order. */

interface Sleeper {
  at: number;
  wake: () => void;
}

export class Clock {
  #now: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(start: number) {
    this.#now = start;
  }

  /** Epoch ms. */
  now = (): number => this.#now;
  iso = (): string => new Date(this.#now).toISOString();
  random = (): number => Math.random();

  /** Rejects with the signal's reason once it is aborted. */
  sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((done, failed) => {
      if (signal?.aborted) return failed(signal.reason);
      const sleeper: Sleeper = { at: this.#now + Math.max(0, ms), wake: () => end(done) };
      const stop = () => end(() => failed(signal?.reason));
      const end = (how: () => void) => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', stop);
        how();
      };
      signal?.addEventListener('abort', stop, { once: true });
      if (ms <= 0) return end(done);
      this.#sleepers.add(sleeper);
    });

  /** When the next one wakes. */
  get next(): number {
    return Math.min(...[...this.#sleepers].map(({ at }) => at));
  }

  /** Time never goes back. */
  goTo(ms: number): void {
    this.#now = Math.max(this.#now, ms);
    for (const sleeper of [...this.#sleepers].sort((a, b) => a.at - b.at)) if (sleeper.at <= this.#now) sleeper.wake();
  }
}
