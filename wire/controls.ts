/** The HTTP contract of what is set of intents that are open, and of withdrawing many: what comes in. */

import * as z from 'zod';
import { characters } from '../core/characters.ts';
import { maxDeliveryAttempts } from '../core/delegation.ts';
import { type Status, statuses } from '../core/lifecycle.ts';
import { grantWords } from '../core/model.ts';
import { maxLevelSeconds, maxReminders } from '../core/service-level.ts';
import { address } from './intents.ts';

const seconds = z.int().min(1).max(maxLevelSeconds);
const reason = characters(0, 2000).optional();
const expected_policy_generation = z.int().min(1).optional();
/** Given out again after the first time. */
const retries = z
  .int()
  .min(0)
  .max(maxDeliveryAttempts - 1);
const attempts = z.int().min(1).max(maxDeliveryAttempts);
const reminders = z.int().min(1).max(maxReminders);

/** What is not here is refused by its name: it would be no control of anything. */
const controlsPatch = z.strictObject({
  deadline_at: z.iso.datetime({ offset: true }).optional(),
  /** From now on; in place of `deadline_at`. */
  timeout_seconds: seconds.optional(),
  remind_after_seconds: seconds.optional(),
  remind_interval_seconds: seconds.optional(),
  max_reminders: reminders.optional(),
  escalate_to: characters(1, 383).optional(),
  max_delivery_attempts: attempts.optional(),
  /** One less than `max_delivery_attempts`; in its place. */
  max_retry_count: retries.optional(),
  /** These two an agent tells of its own tries: they are noted with the event, and do nothing. */
  last_retry_attempt: z.int().min(0).optional(),
  next_retry_delay_seconds: z.number().min(0).optional(),
});

/** `POST /v1/intents/{id}/controls`. */
export const setControlsBody = z.strictObject({
  controls_patch: controlsPatch.default({}),
  expected_policy_generation,
  reason,
});

/** `POST /v1/intents/{id}/policy`. Names of grants: `delegate:<address>`. An empty `allow` takes a grant back. */
export const setPolicyBody = z.strictObject({
  grants_patch: z
    .record(
      z.string().regex(/^delegate:.{3,383}$/, 'delegate:<address of an agent>'),
      z.strictObject({ allow: z.array(z.enum(grantWords)).max(grantWords.length) }),
    )
    .default({}),
  envelope_patch: z
    .strictObject({
      max_delivery_attempts: attempts.optional(),
      max_retry_count: retries.optional(),
      max_reminders: reminders.optional(),
      max_timeout_seconds: seconds.optional(),
    })
    .default({}),
  expected_policy_generation,
  reason,
});

/** Whose intent it is said to be: the sender, which the key says. */
export const ownerQuery = z.strictObject({ owner_agent: address.optional() });

/** Most intents that one request withdraws. */
const maxBulk = 5000;
const usualBulk = 500;

const everyOpen: Status[] = ['SUBMITTED', 'DELIVERED', 'ACKNOWLEDGED', 'IN_PROGRESS', 'WAITING'];

/** `POST /v1/intents/bulk-cancel`. Without `dry_run: false` it only says what it would do. What is null counts as left out. */
export const bulkCancel = z.strictObject({
  /** Since the last change of an intent. */
  older_than_hours: z
    .number()
    .min(0)
    .max(100_000)
    .nullish()
    .transform((hours) => hours ?? 24),
  /** None is every open one. */
  status_filter: z
    .array(z.enum(statuses))
    .max(statuses.length)
    .nullish()
    .transform((wanted) => (wanted?.length ? wanted : everyOpen)),
  dry_run: z
    .boolean()
    .nullish()
    .transform((dry) => dry ?? true),
  reason: characters(0, 2000)
    .nullish()
    .transform((text) => text ?? ''),
  /** More than can be withdrawn at once is as much as can be. */
  limit: z
    .int()
    .min(1)
    .nullish()
    .transform((wanted) => Math.min(wanted ?? usualBulk, maxBulk)),
});
