/** Error answers in the words and codes of Stripe's API (docs.stripe.com/api/errors, docs.stripe.com/error-codes). */
import type { Answer } from './types.ts';

type Details = { type?: string; code?: string; param?: string };

/** @param saved Stripe saves the answer of a request that began to execute; refused parameters are not saved. */
export function failure(status: number, message: string, details: Details = {}, saved = false): Answer {
  return { status, saved, body: { error: { message, type: 'invalid_request_error', ...details } } };
}

export const noKey = () =>
  failure(401, "You did not provide an API key. Set it in the Authorization header: 'Authorization: Bearer YOUR_KEY'.");

export const wrongKey = (key: string) =>
  failure(401, `Invalid API Key provided: ${key.slice(0, 8)}${'*'.repeat(8)}${key.slice(-4)}`);

export const unknownUrl = (method: string, path: string) =>
  failure(404, `Unrecognized request URL (${method}: ${path}).`);

export const notFound = (what: string, id: string, param = 'id') =>
  failure(404, `No such ${what}: '${id}'`, { code: 'resource_missing', param });

export const unknownParameter = (param: string) =>
  failure(400, `Received unknown parameter: ${param}`, { code: 'parameter_unknown', param });

export const invalidInteger = (param: string, value: string) =>
  failure(400, `Invalid integer: ${value}`, { code: 'parameter_invalid_integer', param });

export const keyOfOtherParameters = (key: string) =>
  failure(
    400,
    `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
    { type: 'idempotency_error' },
  );

export const keyOfOtherEndpoint = (key: string, endpoint: string, first: string) =>
  failure(
    400,
    `Keys for idempotent requests can only be used for the same endpoint they were first used for ('${endpoint}' vs '${first}'). Try using a key other than '${key}' if you meant to execute a different request.`,
    { type: 'idempotency_error' },
  );

export const serverError = (saved: boolean) => failure(500, 'An unknown error occurred.', { type: 'api_error' }, saved);

export const rateLimited = () => failure(429, 'Request rate limit exceeded.', { code: 'rate_limit' });
