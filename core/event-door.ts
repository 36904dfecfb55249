/** An event of a bus submits an intent: what of it goes where. */

import { eventSource } from './announce.ts';
import { InvalidInput, PolicyDenied } from './errors.ts';
import type { Json, JsonObject } from './json.ts';

/** One door, as the deployment's configuration declares it. */
export interface EventDoor {
  name: string;
  tenant: string;
  /** Name of the agent as which it submits. */
  agent: string;
  /** Path in the event: the same value submits once. */
  key: string;
  /** A body of `POST /v1/intents`, in which text such as `$.detail.order_id` stands for what the event has there. */
  intent: JsonObject;
}

/** An event as EventBridge hands it on. */
export interface BusEvent {
  id: string;
  source: string;
  detail: JsonObject;
  [field: string]: Json;
}

/** `$` and then names and places, such as `$.detail.items[0].sku`; `$?…` where it may be missing. */
const pathShape = /^\$\??((?:\.[A-Za-z_][A-Za-z0-9_-]*|\[\d{1,6}\])+)$/;
const partShape = /[A-Za-z_][A-Za-z0-9_-]*|\d+/g;

/** Text that begins so is a path; written with two, it is text that begins with one. */
const isPath = (text: string): boolean => text.startsWith('$.') || text.startsWith('$?') || text.startsWith('$[');

/** Every text of a template that is a path, and is none that can be read. */
export function wrongPaths(template: Json): string[] {
  if (typeof template === 'string') return isPath(template) && !pathShape.test(template) ? [template] : [];
  if (typeof template !== 'object' || template === null) return [];
  return Object.values(template).flatMap(wrongPaths);
}

/** What an event has at a path; undefined where there is nothing. Only what is its own, never what objects inherit. */
function at(event: Json, path: string): Json | undefined {
  let here: Json | undefined = event;
  for (const part of pathShape.exec(path)?.[1]?.match(partShape) ?? []) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, part)) return undefined;
    here = (here as JsonObject)[part];
  }
  return here;
}

/** A template with what the event has. undefined for what may be missing, and is. Throws InvalidInput naming the path that leads nowhere. */
export function filled(template: Json, event: JsonObject): Json | undefined {
  if (typeof template === 'string') {
    if (template.startsWith('$$')) return template.slice(1);
    if (!isPath(template)) return template;
    const found = at(event, template);
    if (found === undefined && !template.startsWith('$?'))
      throw new InvalidInput(`The event has nothing at ${template}.`, { field: template }, 'event_lacks_field');
    return found;
  }
  if (Array.isArray(template))
    return template.map((one) => filled(one, event)).filter((one): one is Json => one !== undefined);
  if (typeof template !== 'object' || template === null) return template;
  const entries = Object.entries(template).map(([name, one]) => [name, filled(one, event)] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, Json] => entry[1] !== undefined));
}

export const agentOfDoor = ({ tenant, agent }: Pick<EventDoor, 'tenant' | 'agent'>): string =>
  `agent://${tenant}/${agent}`;

/**
 * What an event submits through a door: body, and the key under which the same event submits once. Throws InvalidInput where
 * the event lacks what is mapped, PolicyDenied for an event of an intent that came through a door itself: it would go round.
 */
export function submissionOf(
  door: EventDoor,
  doors: readonly EventDoor[],
  event: BusEvent,
): { body: Json; idempotencyKey: string } {
  const from = event.source === eventSource ? event.detail.from_agent : undefined;
  if (doors.some((one) => agentOfDoor(one) === from))
    throw new PolicyDenied('This is an event of an intent that an event has submitted.', { reason: 'event_loop' });
  const key = filled(door.key, event);
  if (typeof key !== 'string' && typeof key !== 'number')
    throw new InvalidInput(`There is no text or number at ${door.key}.`, { field: door.key }, 'event_lacks_field');
  return { body: filled(door.intent, event) ?? {}, idempotencyKey: `${door.name}:${key}` };
}
