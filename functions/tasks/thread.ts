/** An intent as a thread of an agent's inbox, in AXP's shape. */

import { v5 as uuidv5 } from 'uuid';
import { isTerminal, type Status } from '../../core/lifecycle.ts';
import type { IntentEvent, IntentState } from '../../core/model.ts';
import { hiddenFrom } from '../../core/rules/thread.ts';
import { firstOf } from '../../core/text.ts';

/** Longest name of who did something (AXP), characters. */
const maxActor = 120;

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
