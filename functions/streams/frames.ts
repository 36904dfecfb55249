/** What a stream's frames say: an intent's events, and what is in a mailbox. */

import type { Entry } from '../../core/mailbox.ts';
import type { IntentEvent } from '../../core/model.ts';
import { frame, maxFrameBytes, workStatuses } from '../../wire/streams.ts';
import { eventOut } from '../api/views.ts';

/** An event; what would make its line too long is left out, and is read with the intent. */
export function eventFrame(intentId: string, event: IntentEvent): string {
  const whole = eventOut(intentId, event);
  const fits = Buffer.byteLength(JSON.stringify(whole)) < maxFrameBytes;
  const { data: _, ...without } = whole as typeof whole & { data?: unknown };
  return frame(event.type, fits ? whole : { ...without, details: { truncated: true } }, event.seq);
}

const eventOfStatus = (status: string): string => `intent.${status.toLowerCase()}`;

export const entryOut = ({ seq, deliveryId, intentId, type, why, status, from, to, at, attempt, ...rest }: Entry) => ({
  intent_id: intentId,
  seq,
  event_type: eventOfStatus(status),
  intent_type: type,
  status,
  delivery_id: deliveryId,
  reason: why,
  attempt,
  from_agent: from,
  to_agent: to,
  at,
  ...(why === 'completed' ? { thread_id: intentId } : {}),
  ...rest,
});

/** Its number is the agent's, which clients read from the data: no `id:` line. */
export const entryFrame = (entry: Entry): string => frame(eventOfStatus(entry.status), entryOut(entry));

export const isWanted =
  (status: readonly string[] = workStatuses) =>
  (entry: Entry): boolean =>
    entry.why !== 'thread' && status.includes(entry.status);
