/** The door for events of a bus: each submits an intent, as a request of an agent would. */

import * as z from 'zod';
import { readEnv } from '../../adapters/env.ts';
import { context } from '../../adapters/lambda/context.ts';
import { log, measure } from '../../adapters/lambda/log.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { timely } from '../../adapters/lambda/timely.ts';
import { sender } from '../../adapters/queues.ts';
import type { EventDoor } from '../../core/event-door.ts';
import { enter } from './enter.ts';
import { env as schema } from './env.ts';

/** Put in by the bundler from the deployment's configuration, as JSON. */
declare const HOLDPOINT_DOORS: string;

const env = readEnv(schema);
const { store } = openStore(env);
const send = sender();
const doors = JSON.parse(HOLDPOINT_DOORS) as EventDoor[];

/** As each rule hands its events on. */
const input = z.object({
  door: z.string(),
  event: z.looseObject({ id: z.string(), source: z.string(), detail: z.record(z.string(), z.json()) }),
});

const take = enter({
  store,
  doors,
  context,
  refuse: async (letter) => {
    measure('EventsRefused', 1, { door: letter.door });
    log.warn('event refused', { door: letter.door, eventId: letter.event_id, code: letter.code });
    await send(env.PARKED_QUEUE_URL, letter);
  },
});

export const handler = timely<unknown, void>().handler(async (given) => {
  const { door, event } = input.parse(given);
  log.resetKeys();
  log.appendKeys({ correlationId: event.id });
  await take(door, event as never);
});
