/** What a refusal looks like; `wire/errors.ts` makes it. */

import * as z from 'zod';
import { characters } from '../core/characters.ts';

export const errorBody = z.strictObject({
  error: z.strictObject({
    code: z.string(),
    message: characters(0, 2000),
    category: z.enum(['auth', 'policy', 'internal', 'transport', 'validation']),
    retryable: z.boolean(),
    at: z.iso.datetime(),
    details: z.record(z.string(), z.string()),
  }),
  detail: z.string(),
  code: z.string(),
  message: z.string(),
});

/** With RFC 9457's members, for clients that accept `application/problem+json`. */
export const problemBody = errorBody.extend({
  type: z.string().startsWith('urn:'),
  title: z.string(),
  status: z.int(),
});
