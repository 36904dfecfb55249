/** Has deliveries of an intent pushed again: those that were given up, or one that is named. What has ended meanwhile is not: it is said. */

import { type ApiKey, hasScope } from '../../adapters/keys.ts';
import { type BindingRows, type OwedPushes, pushes } from '../../core/binding.ts';
import { pushedIds } from '../../core/entries.ts';
import { NotFound, PolicyDenied } from '../../core/errors.ts';
import type { Box, Entry, MailboxRows } from '../../core/mailbox.ts';
import type { IntentRef, IntentState } from '../../core/model.ts';
import type { Context, Store } from '../../core/ports.ts';
import { isVoid } from '../../core/rules/deliver.ts';

export interface Ports {
  store: Store;
  rows: BindingRows;
  boxes: Pick<MailboxRows, 'numberOf' | 'numbersOf' | 'after'>;
  owed: Pick<OwedPushes, 'owe'>;
  context: () => Context;
}

/** Who was sent something of it. */
const receiversOf = ({ delivery, request }: IntentState): string[] => [
  ...new Set([...(delivery?.to ?? []), ...(request?.replyTo === undefined ? [] : [request.replyTo])]),
];

const entryOut = ({ deliveryId, seq }: Entry, { address }: Box) => ({
  delivery_id: deliveryId,
  to_agent: address,
  seq,
});

/**
 * Gives what will be pushed again, and what is void: that is dead no more.
 * Throws NotFound, and PolicyDenied where the caller has nothing to do with it.
 */
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
  const answer = { intent_id: ref.intentId, deliveries: [] as Out[], void: [] as Out[] };
  for (const address of receivers) {
    const box = { tenant: ref.tenant, address };
    if (!pushes(await rows.binding(box))) continue;
    const entries = await entriesAt(box, await (wanted === undefined ? givenUp(box) : named(box, wanted)));
    const isOver = (entry: Entry) => isVoid(state, entry);
    for (const entry of entries.filter(isOver)) await rows.unbury(box, entry.seq);
    answer.void.push(...entries.filter(isOver).map((entry) => entryOut(entry, box)));
    const again = entries.filter((entry) => !isOver(entry));
    if (again.length === 0) continue;
    for (const { seq } of again) await rows.redo(box, seq, context().now);
    await rows.hurry(box);
    await owed.owe(box, traceId, true);
    answer.deliveries.push(...again.map((entry) => entryOut(entry, box)));
  }
  return answer;

  /** Found by the intent's own deliveries, which are few, however many of others were given up in the mailbox. */
  async function givenUp(box: Box): Promise<number[]> {
    const found = await Promise.all(pushedIds(ref.intentId).map((ids) => boxes.numbersOf(box, ids)));
    const seqs = found.flat().map(({ seq }) => seq);
    const dead = await Promise.all(seqs.map((seq) => rows.isDead(box, seq)));
    return seqs.filter((_, place) => dead[place]).sort((a, b) => a - b);
  }

  async function named(box: Box, deliveryId: string): Promise<number[]> {
    // A delivery's id begins with its intent's: nobody names another intent's.
    const seq = deliveryId.startsWith(`${ref.intentId}.`) ? await boxes.numberOf(box, deliveryId) : undefined;
    return seq === undefined ? [] : [seq];
  }

  async function entriesAt(box: Box, seqs: number[]): Promise<Entry[]> {
    return (await Promise.all(seqs.map((seq) => boxes.after(box, seq - 1, 1)))).flat();
  }
}

type Out = ReturnType<typeof entryOut>;
