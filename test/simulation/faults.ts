/** Everything that may go wrong in a life, and how often it does where it can. */

import type { Profile } from './profiles.ts';
import { Random } from './random.ts';

export const faults = {
  // Calls of functions to AWS and the provider.
  callRefused: { chance: 0.04, says: 'a call is refused before it does anything' },
  answerLate: { chance: 0.1, says: 'a call happens and others act before its answer comes' },
  answerLost: { chance: 0.04, says: 'a call happens and its answer is lost' },
  commitMeetsItself: { chance: 0.04, says: 'a commit happens, is sent again, and its own condition refuses it' },
  readTorn: { chance: 0.2, says: 'others commit between the reads that make up a load' },
  // Functions.
  killedBefore: { chance: 0.01, says: 'a function dies before a call' },
  killedAfter: { chance: 0.015, says: 'a function dies right after a call' },
  frozen: { chance: 0.7, says: 'a function that is out of time says so and is frozen; it may go on much later' },
  clockSkewed: { chance: 0.3, says: "a function's clock is up to two seconds off" },
  // Runs.
  startRefused: { chance: 0.1, says: 'StartExecution is refused' },
  redeemRefused: { chance: 0.1, says: 'SendTask is refused' },
  runKilled: { chance: 1, says: 'an execution is gone' },
  stepTwice: { chance: 0.12, says: "a state's function is invoked twice" },
  stepAnswerLost: { chance: 0.05, says: "a state's function succeeds and its run hears of an error" },
  // Outbox and queues.
  recordLost: { chance: 0.15, says: 'the stream loses an outbox row: only the sweep finds it' },
  messageTwice: { chance: 0.15, says: 'a message is delivered again after it was consumed' },
  messageLate: { chance: 0.15, says: 'a message comes minutes or hours late' },
  messageParked: { chance: 0.1, says: 'a message goes to the dead-letter queue' },
  // Mail and people.
  mailRefused: { chance: 0.1, says: 'the mail is not accepted' },
  mailUnmarked: { chance: 0.15, says: 'the mail is sent and its answer is lost' },
  personLeaves: { chance: 1, says: 'an approver leaves the directory or loses the role' },
  formStale: { chance: 0.1, says: 'a form shows another plan than the stored one' },
  // The provider.
  paysLate: { chance: 0.3, says: 'the provider pays seconds after the connection was given up' },
  paysSilently: { chance: 0.2, says: 'the provider pays and drops the connection' },
  paysNever: { chance: 0.2, says: 'the call never reaches the provider, and nobody knows' },
  payRefused: { chance: 0.06, says: 'the provider refuses' },
  errorReplayed: { chance: 0.1, says: 'the provider fails, and replays its failure for the same key' },
  lookupFails: { chance: 0.15, says: 'the look-up fails' },
  readsDifferent: { chance: 0.03, says: 'the provider holds another amount than was asked' },
  // Operators.
  stopped: { chance: 1, says: 'an operator stops something, and lifts it later' },
  contractChanged: { chance: 1, says: "the tool's contract gets a new version while plans wait" },
  // Agents.
  submitRepeated: { chance: 1, says: 'an agent repeats a submit with its Idempotency-Key' },
  submitChanged: { chance: 1, says: 'an agent uses its Idempotency-Key with another body' },
  // Mail, once more: each fault draws by its place in this list.
  mailBounces: { chance: 0.1, says: 'a mail that was accepted comes back, now and then twice' },
  // Operators, again: a fault's numbers come from its place.
  intentFrozen: { chance: 1, says: 'an operator freezes an intent, and a person ends it by hand' },
  // Receivers of what is pushed.
  receiverBusy: { chance: 0.2, says: 'a receiver answers 503, now and then with Retry-After' },
  receiverSlow: { chance: 0.1, says: 'a receiver says nothing until nobody waits any more' },
  receiverLies: { chance: 0.1, says: 'a receiver keeps an entry and says that it failed' },
  receiverGone: { chance: 0.02, says: 'a receiver wants nothing any more' },
  receiverDown: { chance: 1, says: 'a receiver is down for hours, or for good' },
  // Operators, once more.
  capped: { chance: 1, says: 'an operator sets a budget, of an agent or a tenant' },
} as const;

export type Fault = keyof typeof faults;
export const faultNames = Object.keys(faults) as Fault[];

/** How much of all faults a life has at the most, beside those it is spared. */
const spared = 0.3;

/**
 * Which faults a seed has. Each seed is spared some, so that rare ones meet undisturbed; each fault draws from numbers of
 * its own, so that leaving one out (`without`) doesn't deal the others anew.
 */
export class Faults {
  readonly counts = new Map<Fault, number>();
  readonly #random = new Map<Fault, Random>();
  readonly #likely: Profile['likely'];
  #calm = false;

  constructor(seed: number, without: ReadonlySet<string>, likely: Profile['likely'] = {}) {
    const dealt = new Random(seed ^ 0x5bd1e995);
    this.#likely = likely;
    for (const [i, fault] of faultNames.entries()) {
      const has = !dealt.chance(spared) || fault in likely;
      if (has && !without.has(fault)) this.#random.set(fault, new Random(seed * 64 + i));
    }
  }

  /** Whether it happens now; if it does, it is counted. */
  happens(fault: Fault): boolean {
    const chance = this.#likely[fault] ?? faults[fault].chance;
    if (this.#calm || !this.#random.get(fault)?.chance(chance)) return false;
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1);
    return true;
  }

  /** From now on everything works. */
  end(): void {
    this.#calm = true;
  }
}
