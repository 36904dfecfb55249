/** Submits what an event asks for; what can't be submitted is put aside with its reason, and not tried again. */

import { HoldpointError, RetryableError, TerminalError } from '../../core/errors.ts';
import { agentOfDoor, type BusEvent, type EventDoor, submissionOf } from '../../core/event-door.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { Context, Store } from '../../core/ports.ts';
import { admit } from '../api/submit.ts';

/** What is put aside: enough to see why, and to submit it again. */
export interface Refused extends JsonObject {
  door: string;
  event_id: string;
  code: string;
  message: string;
  details: Record<string, Json>;
  event: Json;
}

export interface Ports {
  store: Store;
  doors: readonly EventDoor[];
  context: () => Context;
  refuse: (letter: Refused) => Promise<void>;
}

/** With all that is said beside it, a letter of an event up to here fits a message (256 KiB); what is larger is left with its producer. */
const maxEventBytes = 200_000;

export function enter({ store, doors, context, refuse }: Ports) {
  /** Gives the intent's id; nothing where it was refused. Throws what may pass by itself. */
  return async (name: string, event: BusEvent): Promise<string | undefined> => {
    try {
      const door = doors.find((one) => one.name === name);
      if (!door) throw new TerminalError('unknown_door', `This deployment has no door ${name}.`);
      const { body, idempotencyKey } = submissionOf(door, doors, event);
      const caller = { tenant: door.tenant, agent: agentOfDoor(door) };
      const accepted = await admit(store, caller, { body, idempotencyKey, traceId: event.id, context: context() });
      return String(accepted.intent_id);
    } catch (error) {
      if (!(error instanceof HoldpointError) || error instanceof RetryableError) throw error;
      const { code, message, details } = error;
      const small = Buffer.byteLength(JSON.stringify(event)) <= maxEventBytes;
      await refuse({ door: name, event_id: event.id, code, message, details, event: small ? event : null });
      return undefined;
    }
  };
}
