/** The HTTP contract of signing in: a mailed code for a session. */

import * as z from 'zod';

/** Longest mail address (RFC 5321). */
const maxAddressLength = 254;

/** Case does not matter. */
export const mailAddress = z.email().max(maxAddressLength).toLowerCase();

/** `POST /v1/sign-in`. */
export const beginSignIn = z.strictObject({ mail: mailAddress });

/** `POST /v1/sign-in/code`: what the first call answered, and what was mailed. */
export const finishSignIn = z.strictObject({
  sign_in: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  code: z.string().min(1).max(20),
});
