/** The tool's function and its provider, as a world of their own: calls may be late, lost, refused or abandoned. */

import { perform } from '../../core/commit.ts';
import { HoldpointError } from '../../core/errors.ts';
import type { IntentRef } from '../../core/model.ts';
import type { Context, Store } from '../../core/ports.ts';
import { begin, type CallResult, callAgain, settle } from '../../core/rules/effect.ts';
import { verified } from '../../core/rules/finish.ts';
import { issueRefund } from '../../functions/tools/issue_refund/contract.ts';
import { lost, refunded, refused } from './story.ts';

/** How the provider treats a call: when it pays (ms after the call; never where absent), and what it says. */
export interface Treatment {
  paysAfterMs?: number;
  says: 'succeeded' | 'failed' | 'nothing';
}

interface Invocation {
  generation: number;
  owner: string;
  stage: 'begin' | 'called' | 'again' | 'done' | 'dead';
  /** Epoch ms: the function is cut off then. */
  diesAt: number;
  answer?: CallResult;
  /** The last word its run hears. */
  ended?: string;
}

export class ToolWorld {
  readonly #store: Store;
  readonly #ref: IntentRef;
  readonly #context: () => Context;
  readonly invocations: Invocation[] = [];
  /** Epoch ms of each payment that the provider made. */
  readonly payments: number[] = [];
  next: Treatment = { paysAfterMs: 0, says: 'succeeded' };

  constructor(store: Store, ref: IntentRef, context: () => Context) {
    this.#store = store;
    this.#ref = ref;
    this.#context = context;
  }

  #now = (): number => Date.parse(this.#context().now);
  #load = () => ({ effectId: `${this.#ref.intentId}.1` });
  #call = ({ owner, generation }: Invocation) => ({ owner, generation, tool: issueRefund });

  invoke(generation: number): void {
    const diesAt = this.#now() + issueRefund.functionTimeoutSeconds * 1000;
    this.invocations.push({ generation, owner: `request-${this.invocations.length + 1}`, stage: 'begin', diesAt });
  }

  /** What a run hears of its newest invocation. */
  outcomeOf(generation: number): string {
    return this.invocations.findLast((one) => one.generation === generation)?.ended ?? 'running';
  }

  /** The function is gone without a word. */
  crash(invocation: Invocation): void {
    invocation.stage = 'dead';
    invocation.ended = 'unknown';
  }

  async advance(invocation: Invocation): Promise<void> {
    if (invocation.stage === 'done' || invocation.stage === 'dead') return;
    if (this.#now() >= invocation.diesAt) return this.crash(invocation);
    try {
      await this.#advance(invocation);
    } catch (error) {
      if (!(error instanceof HoldpointError)) throw error;
      invocation.stage = 'done';
      invocation.ended = ['OutcomeUnknownError', 'RetryableError'].includes(error.name) ? 'unknown' : error.name;
    }
  }

  async #advance(invocation: Invocation): Promise<void> {
    const call = this.#call(invocation);
    if (invocation.stage === 'begin') {
      const step = await perform(this.#store, this.#ref, this.#load(), this.#context, (state, at) =>
        begin(state, call, at),
      );
      if (step.do === 'nothing') return this.#done(invocation, 'done');
      if (step.do === 'call') return this.#callProvider(invocation);
      if (!this.payments.some((at) => at <= this.#now())) {
        invocation.stage = 'again';
        return;
      }
      invocation.answer = refunded;
      return this.#settle(invocation);
    }
    if (invocation.stage === 'called') return this.#settle(invocation);
    const again = await perform(this.#store, this.#ref, this.#load(), this.#context, (state, at) =>
      callAgain(state, call, at),
    );
    return again.do === 'call' ? this.#callProvider(invocation) : this.#done(invocation, 'Cancelled');
  }

  #callProvider(invocation: Invocation): void {
    const { paysAfterMs, says } = this.next;
    if (paysAfterMs !== undefined) this.payments.push(this.#now() + paysAfterMs);
    invocation.answer = { succeeded: refunded, failed: refused, nothing: lost }[says];
    invocation.stage = 'called';
  }

  async #settle(invocation: Invocation): Promise<void> {
    const { answer = lost } = invocation;
    const effect = await perform(this.#store, this.#ref, this.#load(), this.#context, (state, at) =>
      settle(state, this.#call(invocation), answer, at),
    );
    this.#done(invocation, { SUCCEEDED: 'done', FAILED: 'TerminalError' }[effect.state as string] ?? 'unknown');
  }

  #done(invocation: Invocation, ended: string): void {
    invocation.stage = 'done';
    invocation.ended = ended;
  }

  verify = (generation: number): Promise<unknown> =>
    perform(this.#store, this.#ref, this.#load(), this.#context, (state, at) => verified(state, generation, [], at));
}
