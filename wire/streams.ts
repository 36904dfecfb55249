/** The HTTP contract of streams and mailboxes (AXP): queries, and what a frame looks like. */

import * as z from 'zod';
import { type Status, statuses } from '../core/lifecycle.ts';

/** Longest that a request is held, seconds: the gateway ends it at 30. */
export const maxHoldSeconds = 25;

const since = z.coerce.number().int().min(0).default(0);
/** AXP allows 60; what is more than can be held is held as long as can be. */
const wait_seconds = z.coerce
  .number()
  .int()
  .min(1)
  .max(60)
  .default(15)
  .transform((seconds) => Math.min(seconds, maxHoldSeconds));

/** Query of `GET /v1/intents/{id}/events/stream`. */
export const eventStreamQuery = z.strictObject({ since, wait_seconds });

const status = z
  .string()
  .max(200)
  .transform((text) => text.split(',').map((word) => word.trim()))
  .pipe(z.array(z.enum(statuses)).min(1))
  .optional();

/** Query of `GET /v1/agents/{address}/intents/stream`. */
export const agentStreamQuery = z.strictObject({ since, wait_seconds, status });

/** Query of `GET /v1/agents/{address}/intents`. */
export const mailboxQuery = z.strictObject({
  since,
  status,
  limit: z.coerce.number().int().min(1).max(100).default(50),
});

/** Without a wish: what is to be worked on. Answers to one's own intents are for those who ask for them. */
export const workStatuses: readonly Status[] = ['DELIVERED'];

/** Largest data of a frame, bytes (AXP). */
export const maxFrameBytes = 65_536;

/** One frame: one line of data, one space after each colon. */
export const frame = (event: string, data: object, id?: number): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/** Nothing came in time. */
export const timeoutFrame = (next: number): string => frame('stream.timeout', { ok: true, next_seq: next });
