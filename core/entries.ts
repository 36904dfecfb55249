/** What is put into a mailbox of an intent: the same whoever puts it, so that it is in once. */

import type { JsonObject } from './json.ts';
import { type NewEntry, workIds } from './mailbox.ts';
import type { IntentState } from './model.ts';

/** What is larger than this as JSON, in bytes, is read with the intent: a frame of a stream stays under 64 KiB. */
const maxInlineBytes = 8192;

const small = <Name extends string>(name: Name, value: JsonObject | undefined): { [K in Name]?: JsonObject } =>
  value && Buffer.byteLength(JSON.stringify(value)) <= maxInlineBytes ? ({ [name]: value } as never) : {};

type Given = Pick<NewEntry, 'deliveryId' | 'to' | 'why' | 'attempt'>;

const about = ({ head }: IntentState, given: Given & Pick<NewEntry, 'status'>, at: string): NewEntry => ({
  ...given,
  intentId: head.intentId,
  type: head.type,
  from: head.from,
  at,
});

/** To be worked on. `state` must be loaded with its request. */
export const workEntry = (state: IntentState, given: Given, at: string): NewEntry => ({
  ...about(state, { ...given, status: 'DELIVERED' }, at),
  ...small('payload', state.request?.payload),
});

const replyId = (intentId: string): string => `${intentId}.reply`;

/** What the ids begin with of an intent's deliveries that are pushed: to be worked on, or its answer. */
export const pushedIds = (intentId: string): string[] => [workIds(intentId), replyId(intentId)];

/** Whether a delivery is the answer: that is wanted of an intent that has ended, too. */
export const isReply = ({ deliveryId, intentId }: Pick<NewEntry, 'deliveryId' | 'intentId'>): boolean =>
  deliveryId === replyId(intentId);

/** The answer that was asked for, of an intent that has ended; nothing where none was. */
export function replyEntry(state: IntentState, at: string): NewEntry | undefined {
  const { head, request, outcome } = state;
  if (request?.replyTo === undefined || !outcome) return undefined;
  const given = { deliveryId: replyId(head.intentId), to: request.replyTo, why: 'completed', attempt: 1 } as const;
  return { ...about(state, { ...given, status: head.status }, at), ...small('outcome', outcome as JsonObject) };
}

/** Something is new of a thread. */
export const threadEntry = (state: IntentState, given: Pick<Given, 'deliveryId' | 'to'>, at: string): NewEntry =>
  about(state, { ...given, why: 'thread', attempt: state.delivery?.attempt ?? 1, status: state.head.status }, at);
