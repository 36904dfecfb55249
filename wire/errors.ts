/** The one mapping from errors to what a client sees. */

import { ZodError } from 'zod';
import {
  Conflict,
  HoldpointError,
  InvalidInput,
  MethodNotAllowed,
  NotFound,
  PolicyDenied,
  QuotaExceeded,
  RetryableError,
  Unauthorized,
} from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import { firstOf } from '../core/text.ts';

export interface ErrorAnswer {
  status: number;
  body: Record<string, Json>;
  /** Beside what every answer has. */
  headers: Record<string, string>;
}

const categories: Record<number, string> = {
  401: 'auth',
  403: 'policy',
  429: 'policy',
  500: 'internal',
  503: 'transport',
};

const statusOfInput: Record<string, number> = { owner_mismatch: 400, payload_too_large: 413, too_many_codes: 429 };

const statusOf = (error: HoldpointError): number => {
  if (error instanceof InvalidInput) return statusOfInput[error.code] ?? 422;
  if (error instanceof MethodNotAllowed) return 405;
  if (error instanceof NotFound) return 404;
  if (error instanceof Unauthorized) return 401;
  if (error instanceof PolicyDenied) return 403;
  if (error instanceof Conflict) return 409;
  if (error instanceof QuotaExceeded) return 429;
  if (error instanceof RetryableError) return 503;
  return 500;
};

/** More complaints than this help nobody, and a body of unknown fields must not make a larger answer than itself. */
const maxErrors = 20;

/** Longest text that AXP lets an error's message or our field's path have, characters. */
const maxMessageLength = 2000;
const maxFieldLength = 200;

/** A schema's complaint as our own: the first field's path (below `under`), and the first of them all in `details.errors`. */
export function invalidBody(error: ZodError, under: string[] = []): InvalidInput {
  const errors = error.issues.slice(0, maxErrors).flatMap((issue) => {
    const at = [...under, ...issue.path];
    if (issue.code !== 'unrecognized_keys') return [complaint(at, issue.message)];
    return issue.keys.slice(0, maxErrors).map((key) => complaint([...at, key], 'This field is not known.'));
  });
  const first = errors[0];
  return new InvalidInput(`${first?.field}: ${first?.message}`, {
    field: first?.field ?? '',
    errors: errors.slice(0, maxErrors),
  });
}

const complaint = (path: PropertyKey[], message: string) => ({
  field: firstOf(path.map(String).join('.'), maxFieldLength) || '(body)',
  message,
});

/** AXP's error details are texts. */
const texts = (details: Record<string, Json>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(details).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  );

/** When to ask again, in seconds, as AXP's clients wait; or how. */
function howElse(status: number, thrown: unknown): Record<string, string> {
  if (status === 503) return { 'retry-after': '1' };
  if (thrown instanceof MethodNotAllowed) return { allow: thrown.allow };
  const seconds = thrown instanceof HoldpointError ? thrown.details.retry_after_seconds : undefined;
  return typeof seconds === 'number' ? { 'retry-after': String(seconds) } : {};
}

/**
 * Status, body and headers for any error. What is not of our family says nothing of its inside.
 * With `problem`, RFC 9457's members are added.
 */
export function errorAnswer(thrown: unknown, at: string, problem: boolean): ErrorAnswer {
  const error = thrown instanceof ZodError ? invalidBody(thrown) : thrown;
  const ours = error instanceof HoldpointError;
  const status = ours ? statusOf(error) : 500;
  const code = ours && status !== 500 ? error.code : 'internal_error';
  const message =
    ours && status !== 500 ? firstOf(error.message, maxMessageLength) : 'Something went wrong on our side.';
  const details = ours && status !== 500 ? texts(error.details) : {};
  const retryable = status === 429 || status >= 500;
  return {
    status,
    body: {
      error: { code, message, category: categories[status] ?? 'validation', retryable, at, details },
      detail: message,
      code,
      message,
      ...(problem ? { type: `urn:holdpoint:error:${code}`, title: code.replaceAll('_', ' '), status } : {}),
    },
    headers: {
      ...(problem ? { 'content-type': 'application/problem+json; charset=utf-8' } : {}),
      ...howElse(status, thrown),
    },
  };
}
