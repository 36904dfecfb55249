/** The HTTP contract of agents' inboxes (AXP): what comes in. */

import * as z from 'zod';
import { characters } from '../core/characters.ts';
import { address } from './intents.ts';
import { pageLimit } from './page-limit.ts';

const owner_agent = address.optional();

/** Query of everything that is done with one thread. */
export const threadQuery = z.strictObject({ owner_agent });

/** Query of `GET /v1/inbox`. */
export const inboxQuery = z.strictObject({ owner_agent, limit: pageLimit(100, 50) });

/** Where the feed of changes goes on: after this number of the mailbox. */
const cursor = z
  .string()
  .regex(/^c\d{12}$/, 'no cursor of ours')
  .transform((text) => Number(text.slice(1)));
export const changesCursorOf = (seq: number): string => `c${String(seq).padStart(12, '0')}`;

/** Query of `GET /v1/inbox/changes`. */
export const changesQuery = z.strictObject({
  owner_agent,
  cursor: cursor.optional(),
  limit: pageLimit(100, 50),
});

/** `POST /v1/inbox/{thread}/reply`. */
export const replyThread = z.strictObject({ message: characters(1, 5000) });

/** `POST /v1/inbox/{thread}/delegate`. AXP's schema lets `delegate_to` out; to nobody nothing can be handed on. */
export const delegateThread = z.strictObject({ delegate_to: address, note: characters(0, 2000).default('') });

/** `POST /v1/inbox/{thread}/messages/delete`: these, or so many of the newest; without either, all but the first. */
export const deleteMessages = z.strictObject({
  mode: z.enum(['self', 'both']),
  message_ids: z.array(characters(1, 100)).min(1).max(100).optional(),
  limit: z.int().min(1).max(100).optional(),
});
