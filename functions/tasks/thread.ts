/** An intent as a thread of an agent's inbox, in AXP's shape. */

import { v5 as uuidv5 } from 'uuid';
import { NotFound } from '../../core/errors.ts';
import { isTerminal, type Status } from '../../core/lifecycle.ts';
import type { IntentEvent, IntentRef, IntentState } from '../../core/model.ts';
import type { Store } from '../../core/ports.ts';
import { hiddenFrom } from '../../core/rules/thread.ts';
import { firstOf } from '../../core/text.ts';

/** Longest name of who did something (AXP), characters. */
const maxActor = 120;

/** Events that a thread shows at the most. */
export const maxLines = 1000;

/** Nobody has begun, or somebody is waited for. */
const pending: ReadonlySet<Status> = new Set(['CREATED', 'SUBMITTED', 'DELIVERED', 'WAITING']);

/** What AXP calls a message: a line of the timeline. */
export const lineId = (intentId: string, seq: number): string => uuidv5(String(seq), intentId);

export function threadOut({ head, request, thread }: IntentState, events: readonly IntentEvent[], owner?: string) {
  const to = request?.to ?? head.from;
  const hidden = hiddenFrom(thread, owner ?? to);
  return {
    thread_id: head.intentId,
    intent_id: head.intentId,
    status: isTerminal(head.status) ? 'done' : pending.has(head.status) ? 'pending' : 'active',
    owner_agent: owner ?? to,
    from_agent: head.from,
    to_agent: to,
    created_at: head.createdAt,
    updated_at: head.updatedAt,
    timeline: events
      .filter(({ seq }) => !hidden.has(seq))
      .map(({ seq, type, actor, at, details }) => ({
        event_id: lineId(head.intentId, seq),
        event_type: type,
        actor: firstOf(actor, maxActor),
        at,
        details,
      })),
  };
}

/** As it is now. Throws NotFound. */
export async function threadShown(store: Pick<Store, 'load' | 'events'>, ref: IntentRef, owner?: string) {
  const [state, events] = await Promise.all([store.load(ref, { request: true }), store.events(ref, 0, maxLines)]);
  if (!state) throw new NotFound('intent');
  return threadOut(state, events, owner);
}
