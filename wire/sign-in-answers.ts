/** The HTTP contract of signing in: what goes out. No function needs these schemas; the OpenAPI document, clients and tests do. */

import * as z from 'zod';

const ok = z.literal(true);

export const begunSignIn = z.strictObject({
  ok,
  sign_in: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  expires_in_seconds: z.int().min(1),
});

export const signedIn = z.strictObject({
  ok,
  session_token: z.string(),
  expires_at: z.iso.datetime(),
  person: z.strictObject({ id: z.string(), name: z.string() }),
});

export const signedOut = z.strictObject({ ok });
