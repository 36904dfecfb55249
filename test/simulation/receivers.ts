/** Receivers of webhooks: failing, slow, lying, gone for days, or gone for good. */

import type { Entry } from '../../core/mailbox.ts';
import type { Verdict } from '../../core/webhook.ts';
import type { Process } from './process.ts';
import type { Sim } from './sim.ts';

const failed = (why: Extract<Verdict, { is: 'failed' }>['why'], more: object = {}): Verdict => ({
  is: 'failed',
  why,
  ...more,
});

/** After this long nobody waits for a receiver any more (adapters/webhook.ts). */
const patienceMs = 15_000;

export class Receivers {
  /** Addresses of agents whose receivers answer nothing but errors. */
  readonly down = new Set<string>();
  readonly #sim: Sim;

  constructor(sim: Sim) {
    this.#sim = sim;
  }

  /** `tried`: told when the request is on its way. */
  async take(process: Process, address: string, { seq }: Entry, tried: () => Promise<void>): Promise<Verdict> {
    const { faults, now } = this.#sim;
    if (faults.happens('receiverSlow')) {
      await this.#sim.call(process, { what: `push ${seq}`, act: tried });
      await this.#sim.until(process, 'waits for a receiver', () => false, now + patienceMs);
      return failed('timeout');
    }
    return this.#sim.call<Verdict>(process, {
      what: `push ${seq}`,
      act: async () => {
        await tried();
        return this.#answer(address);
      },
      refused: () => failed('not_reached'),
      lost: () => failed('broken_off'),
      told: ({ is }) => `→ ${is}`,
    });
  }

  #answer(address: string): Verdict {
    const { faults, random } = this.#sim;
    if (this.down.has(address)) return failed('status', { status: 500 });
    if (faults.happens('receiverGone')) return { is: 'gone', status: 410 };
    if (faults.happens('receiverBusy'))
      return failed('status', {
        status: 503,
        ...(random.chance(0.3) ? { retryAfterSeconds: random.below(7200) } : {}),
      });
    if (faults.happens('receiverLies')) return failed('status', { status: 500 });
    return { is: 'taken', status: 200 };
  }
}
