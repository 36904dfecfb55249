/** Has deliveries of an intent pushed again: those that were given up, or one that is named. */

import { type ApiKey, hasScope } from '../../adapters/keys.ts';
import { type BindingRows, type OwedPushes, pushes } from '../../core/binding.ts';
import { NotFound, PolicyDenied } from '../../core/errors.ts';
import type { Box, MailboxRows } from '../../core/mailbox.ts';
import type { IntentRef, IntentState } from '../../core/model.ts';
import type { Context, Store } from '../../core/ports.ts';

export interface Ports {
  store: Store;
  rows: BindingRows;
  boxes: Pick<MailboxRows, 'numberOf'>;
  owed: Pick<OwedPushes, 'owe'>;
  context: () => Context;
}

/** Of one mailbox, most that are looked through for those of one intent. */
const maxDeadLetters = 1000;

/** Who was sent something of it. */
const receiversOf = ({ delivery, request }: IntentState): string[] => [
  ...new Set([...(delivery?.to ?? []), ...(request?.replyTo === undefined ? [] : [request.replyTo])]),
];

/** Gives what will be pushed again. Throws NotFound, and PolicyDenied where the caller has nothing to do with it. */
export async function replay(
  { store, rows, boxes, owed, context }: Ports,
  caller: ApiKey,
  ref: IntentRef,
  wanted: string | undefined,
  traceId: string,
) {
  const state = await store.load(ref, { request: true });
  if (!state) throw new NotFound('intent');
  const receivers = receiversOf(state);
  const concerned = caller.ownToo || caller.agent === state.head.from || receivers.includes(caller.agent);
  if (!concerned && !hasScope(caller, 'accounts:manage'))
    throw new PolicyDenied('Only its sender and its receivers have an intent pushed again.', { reason: 'not_yours' });
  const found: { delivery_id: string; to_agent: string; seq: number }[] = [];
  for (const address of receivers) {
    const box = { tenant: ref.tenant, address };
    if (!pushes(await rows.binding(box))) continue;
    const items = await itemsOf(box);
    for (const { seq } of items) await rows.redo(box, seq, context().now);
    if (items.length === 0) continue;
    await rows.hurry(box);
    await owed.owe(box, traceId, true);
    found.push(...items.map(({ deliveryId, seq }) => ({ delivery_id: deliveryId, to_agent: address, seq })));
  }
  return { intent_id: ref.intentId, deliveries: found };

  async function itemsOf(box: Box): Promise<{ deliveryId: string; seq: number }[]> {
    if (wanted === undefined)
      return (await rows.dead(box, maxDeadLetters)).filter(({ intentId }) => intentId === ref.intentId);
    // A delivery's id begins with its intent's: nobody names another intent's.
    const seq = wanted.startsWith(`${ref.intentId}.`) ? await boxes.numberOf(box, wanted) : undefined;
    return seq === undefined ? [] : [{ deliveryId: wanted, seq }];
  }
}
