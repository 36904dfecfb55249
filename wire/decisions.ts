/** The HTTP contract of the export of decisions. */

import * as z from 'zod';

/** Rows of one page at the most. */
const maxDecisions = 500;

/** A day, or a time with zone; given back as ISO 8601 in UTC. */
const time = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], 'a day (2026-11-30) or a time with zone')
  .transform((text) => new Date(text).toISOString());

/** Query of `GET /v1/decisions`. */
export const decisionsQuery = z.strictObject({
  from: time,
  /** Default: now. */
  to: time.optional(),
  format: z.enum(['json', 'csv']).default('json'),
  limit: z.coerce.number().int().min(1).max(maxDecisions).default(100),
  cursor: z.string().max(1024).optional(),
  /** Whose, where a person's session comes without a key. */
  tenant: z.string().max(200).optional(),
});
