/** The payment provider: it may pay late, silently, never, refuse, replay a failure, and forget its keys after a day. */

import type { Mark, Provider } from '../../adapters/lambda/use-tool.ts';
import type { CallResult } from '../../core/rules/effect.ts';
import { issueRefund } from '../../functions/tools/issue_refund/contract.ts';
import { AwsError, type Process } from './process.ts';
import type { Sim } from './sim.ts';

type Contract = typeof issueRefund;
type Args = Parameters<Provider<Contract>['call']>[0];

interface Payment {
  effectId: string;
  /** Epoch ms: from then on it shows. */
  at: number;
  args: Args;
}

const dayMs = 24 * 3_600_000;
const unknown = (because: string): CallResult => ({ outcome: 'unknown', because });
const refusal: CallResult = {
  outcome: 'failed',
  error: { code: 'tool_failed', message: 'The provider refused the refund.', details: {} },
};

export class PaymentProvider {
  readonly payments: Payment[] = [];
  readonly #sim: Sim;
  /** Told when money moves (or is certain to). */
  readonly #paid: (payment: Payment, all: number) => void;
  readonly #answers = new Map<string, { result: CallResult; until: number }>();

  constructor(sim: Sim, paid: (payment: Payment, all: number) => void) {
    this.#sim = sim;
    this.#paid = paid;
  }

  of = (effectId: string): Payment[] => this.payments.filter((payment) => payment.effectId === effectId);

  portOf = (process: Process): Provider<Contract> => ({
    call: (args, mark, key) => {
      const givenUpAt = this.#sim.now + issueRefund.providerTimeoutSeconds * 1000;
      return this.#sim.call<CallResult>(process, {
        what: `pay under ${key.slice(-4)}`,
        act: () => (this.#sim.now > givenUpAt ? unknown('timeout') : this.#call(args, mark, key)),
        refused: () => unknown('not connected'),
        lost: () => unknown('connection lost'),
        told: ({ outcome }) => `→ ${outcome}`,
      });
    },
    lookup: (args, { effectId }) =>
      this.#sim.call<CallResult | undefined>(process, {
        what: 'look the payment up',
        act: () => {
          if (this.#sim.faults.happens('lookupFails')) throw new AwsError('StripeConnectionError');
          const found = this.of(effectId).find((payment) => payment.at <= this.#sim.now);
          return found && succeeded(found, args);
        },
        told: (found) => `→ ${found?.outcome ?? 'absent'}`,
      }),
    readBack: (args) =>
      this.#sim.call(process, {
        what: 'read back',
        act: () =>
          this.#sim.faults.happens('readsDifferent')
            ? [{ field: 'amount_cents', asked: String(args.amount_cents), found: '1' }]
            : [],
      }),
  });

  #call(args: Args, mark: Mark, key: string): CallResult {
    const { faults, random, now } = this.#sim;
    const before = this.#answers.get(key);
    if (before && before.until > now) return before.result;
    const answer = (result: CallResult) => {
      this.#answers.set(key, { result, until: now + dayMs });
      return result;
    };
    if (faults.happens('paysNever')) return unknown('timeout');
    if (faults.happens('payRefused')) return answer(refusal);
    if (faults.happens('errorReplayed')) return answer(unknown('500'));
    const late = faults.happens('paysLate');
    // The contract's promise: what was sent shows within this long.
    const payment = { effectId: mark.effectId, args, at: now + (late ? random.below(settleMs) : 0) };
    this.payments.push(payment);
    this.#paid(payment, this.of(mark.effectId).length);
    answer(succeeded(payment, args));
    if (late) return unknown('timeout');
    return faults.happens('paysSilently') ? unknown('connection lost') : succeeded(payment, args);
  }
}

const settleMs = issueRefund.settleAfterSeconds * 1000;

const succeeded = ({ effectId }: Payment, args: Args): CallResult => ({
  outcome: 'succeeded',
  output: {
    refund_id: `re_${effectId}`,
    charge_id: args.charge_id,
    amount_cents: args.amount_cents,
    currency: args.currency,
    status: 'succeeded',
  },
});
