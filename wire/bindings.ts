/** The HTTP contract of bindings: how an agent gets what is delivered to it, and what is to be pushed again. */

import * as z from 'zod';
import { bindingKinds } from '../core/binding.ts';
import { characters } from '../core/characters.ts';
import { maxUrlLength } from '../core/webhook.ts';

const ok = z.literal(true);
const time = z.iso.datetime();
const address = z.string().startsWith('agent://').max(383);

/** The last number that is not pushed; without it, what comes from now on is, or what the binding before had not pushed. */
const since = z.int().min(0).optional();

/** Body of `PUT /v1/agents/{address}/binding`. */
export const putBinding = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('stream') }),
  z.strictObject({ kind: z.literal('poll') }),
  z.strictObject({ kind: z.literal('http'), url: characters(1, maxUrlLength), since }),
  /** A person's id or mail address, of the directory. */
  z.strictObject({ kind: z.literal('inbox'), person: characters(1, 254), since }),
  /** An ARN that the deployment's configuration names. */
  z.strictObject({ kind: z.literal('internal'), target: characters(1, 512), since }),
]);

/** Query of `GET /v1/agents/{address}/binding`: dead letters after this number of the mailbox. */
export const bindingQuery = z.strictObject({ dead_since: z.coerce.number().int().min(0).default(0) });

/** Body of `POST /v1/intents/{id}/deliveries/replay`; without an id, all that were given up. */
export const replayDeliveries = z.strictObject({ delivery_id: characters(1, 80).optional() });

const seq = z.int().min(1);

const binding = z.strictObject({
  kind: z.enum(bindingKinds),
  status: z.enum(['active', 'disabled']),
  url: z.string().optional(),
  person: z.string().optional(),
  target: z.string().optional(),
  created_at: time.nullable(),
  updated_at: time.nullable(),
  /** Of a webhook: the keys that sign now, the newest first. */
  keys: z.array(z.strictObject({ key_id: z.string(), created_at: time, valid_until: time.nullable() })).optional(),
  /** How far it is pushed, and, where the next entry was not taken, how often it was tried, and when it is again. */
  pushed_seq: z.int().min(0).optional(),
  last_pushed_at: time.nullable().optional(),
  attempt: z.int().min(1).optional(),
  next_try_at: time.optional(),
  /** A hundred that were given up after `dead_since` and whose intents go on, or whose answer it is. */
  dead_letters: z
    .array(
      z.strictObject({
        delivery_id: z.string(),
        intent_id: z.string(),
        seq,
        reason: z.string(),
        attempts: z.int(),
        at: time,
      }),
    )
    .optional(),
  /** There may be more after this number. */
  dead_letters_next: seq.optional(),
});

export const gotBinding = z.strictObject({ ok, binding });
/** With a new secret, which is shown this once. */
export const boundAgent = z.strictObject({ ok, binding, secret: z.string().startsWith('whsec_').optional() });
export const rotatedKey = z.strictObject({ ok, binding, secret: z.string().startsWith('whsec_') });
const deliveries = z.array(z.strictObject({ delivery_id: z.string(), to_agent: address, seq }));
export const replayed = z.strictObject({
  ok,
  intent_id: z.string(),
  /** What is pushed again. */
  deliveries,
  /** What was asked for and is not: the intent has ended. It is no dead letter any more. */
  void: deliveries,
});
