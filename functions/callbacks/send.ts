/** One event to one subscription: sent, or tried again on a schedule, or given up for somebody to look at. */

import type { CallbackMessage } from '../../adapters/messages.ts';
import type { SubscriptionRows } from '../../adapters/subscriptions.ts';
import type { Webhook } from '../../adapters/webhook.ts';
import type { Owner } from '../../adapters/webhook-keys.ts';
import { RetryableError } from '../../core/errors.ts';
import type { Context } from '../../core/ports.ts';
import { goodKeys } from '../../core/signing-keys.ts';
import { bodyOf, type DeliveryState, type Subscription } from '../../core/subscription.ts';
import { retryPauseMs, type Verdict } from '../../core/webhook.ts';
import { keeperOf } from '../webhooks/keeper.ts';
import { maxTries } from './tries.ts';

export interface Ports {
  rows: Pick<SubscriptionRows, 'find' | 'event' | 'delivery' | 'setDelivery' | 'change'>;
  send: (webhook: Webhook) => Promise<Verdict>;
  open: (sealed: string, owner: Owner) => Promise<string>;
  context: () => Context;
  counted: (outcome: Verdict['is'] | 'dead') => void;
}

/** The receiver did not take it: it is tried again. */
export class NotTaken extends RetryableError {
  readonly retryAfterSeconds: number | undefined;
  constructor(why: string, retryAfterSeconds?: number) {
    super(`Not taken: ${why}.`);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The longest that SQS lets a message wait from its receipt, seconds, with a margin: twelve hours. */
const maxPauseSeconds = 42_000;

/** Seconds until the next try, after the try of this number (from 1). */
export function pauseSeconds(attempt: number, error: Error, jitter: number): number {
  const wanted = error instanceof NotTaken ? error.retryAfterSeconds : undefined;
  return Math.min(maxPauseSeconds, Math.max(1, Math.ceil(retryPauseMs(attempt, jitter, wanted) / 1000)));
}

export function sendCallback({ rows, send, open, context, counted }: Ports) {
  return async (message: CallbackMessage, attempt: number): Promise<void> => {
    const { tenant, eventId, subscriptionId, round } = message;
    const [event, subscription, delivery] = await Promise.all([
      rows.event(tenant, eventId),
      rows.find(tenant, subscriptionId),
      rows.delivery(tenant, eventId, subscriptionId),
    ]);
    // Gone by its time, taken already by a message that came twice, or sent again since.
    if (!event || delivery?.round !== round || delivery.state === 'delivered') return;
    const note = async (state: DeliveryState) => {
      await rows.setDelivery(event, { subscriptionId, state, round }, round, context().now);
    };
    if (!subscription?.active) return note('dead');
    const { now } = context();
    const secrets = await Promise.all(
      goodKeys(subscription.keys, now).map(({ sealed }) => open(sealed, keeperOf(subscription))),
    );
    const verdict = await send({ url: subscription.url, id: event.id, body: bodyOf(event), secrets });
    counted(verdict.is === 'failed' && attempt >= maxTries ? 'dead' : verdict.is);
    if (verdict.is === 'taken') return note('delivered');
    if (verdict.is === 'gone') {
      await switchOff(subscription, now);
      return note('dead');
    }
    if (attempt >= maxTries) await note('dead');
    throw new NotTaken(
      verdict.status === undefined ? verdict.why : `${verdict.why} ${verdict.status}`,
      verdict.retryAfterSeconds,
    );
  };

  /** Nothing is wanted there any more, until somebody subscribes again. Where it was changed meanwhile, the next 410 says so again. */
  async function switchOff(subscription: Subscription, now: string): Promise<void> {
    await rows.change({ ...subscription, active: false, updatedAt: now, version: subscription.version + 1 });
  }
}
