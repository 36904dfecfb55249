/** An intent as a thread of its receiver's inbox, in AXP's shape. */

import { v5 as uuidv5 } from 'uuid';
import { isTerminal } from '../../core/lifecycle.ts';
import type { IntentEvent, IntentState } from '../../core/model.ts';

/** Longest name of who did something (AXP), characters. */
const maxActor = 120;

export function threadOut({ head, request }: IntentState, events: readonly IntentEvent[]) {
  return {
    thread_id: head.intentId,
    intent_id: head.intentId,
    status: isTerminal(head.status) ? 'done' : head.status === 'WAITING' ? 'pending' : 'active',
    owner_agent: request?.to ?? head.from,
    from_agent: head.from,
    to_agent: request?.to ?? head.from,
    created_at: head.createdAt,
    updated_at: head.updatedAt,
    timeline: events.map(({ seq, type, actor, at, details }) => ({
      event_id: uuidv5(String(seq), head.intentId),
      event_type: type,
      actor: actor.slice(0, maxActor),
      at,
      details,
    })),
  };
}
