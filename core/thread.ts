/** An intent as a thread of agents' inboxes: who has it, and what is owed to them. */

import { isTerminal } from './lifecycle.ts';
import { workIds } from './mailbox.ts';
import type { IntentState, OutboxRow, Thread } from './model.ts';
import { deliverGraceMs } from './reply.ts';

/** What a row owes to a mailbox: that something is new of a thread. */
export interface ThreadOrder {
  deliveryId: string;
  to: string;
}

type Owed = Omit<OutboxRow, 'traceId' | 'attempts'>;

export const noThread: Thread = { with: [], hidden: {}, messages: 0, told: 0 };

/** Of an intent that nobody's agent is to answer, and that names a receiver all the same. */
export const threadOfReceiver = (to: string): Thread => ({ ...noThread, with: [to], told: 1 });

/** The first entry in its receiver's mailbox, whichever way it comes there. */
export const firstDeliveryId = (intentId: string, delivered: boolean): string =>
  delivered ? `${workIds(intentId)}1` : threadDeliveryId(intentId, 1, 0);

const threadDeliveryId = (intentId: string, news: number | 'end', place: number): string =>
  `${intentId}.t${news}.${place}`;

/** The rows that tell these of the n-th news of a thread, or of its end. */
export const threadRows = (intentId: string, to: readonly string[], news: number | 'end', now: string): Owed[] =>
  to.map((address, place) => {
    const order: ThreadOrder = { deliveryId: threadDeliveryId(intentId, news, place), to: address };
    return {
      key: `deliver#${order.deliveryId}`,
      kind: 'deliver',
      dueAt: Date.parse(now) + deliverGraceMs,
      body: { thread: { ...order } },
    };
  });

/** Whoever has it without an entry of its end is told of that, whichever rule ends it. */
export const threadEndRows = (state: IntentState | undefined, now: string): Owed[] =>
  state?.thread ? threadRows(state.head.intentId, state.thread.with, 'end', now) : [];

/**
 * Whole addresses of those in whose inboxes it is: its receivers, those who wrote on it or got it handed on, and, once it has
 * ended, whoever its answer goes to. `state` must be loaded with its request.
 */
export function ownersOf({ head, request, delivery, thread }: IntentState): string[] {
  const answered = request?.replyTo !== undefined && isTerminal(head.status) ? [request.replyTo] : [];
  return [...new Set([...(delivery?.to ?? []), ...(thread?.with ?? []), ...answered])];
}
