/** What a call can end with instead of an answer: one class for each kind that a program treats in its own way. */

import type * as z from 'zod';
import type { errorBody } from '../../wire/error-answer.ts';

export type ErrorBody = z.infer<typeof errorBody>['error'];

/** Base of all errors of this package but the ones for wrong use of it. */
export class HoldpointError extends Error {
  override readonly name: string = 'HoldpointError';
}

/** What the deployment answered instead of 200. */
export interface Refusal {
  status: number;
  body: ErrorBody;
  /** For whoever looks into the deployment's log. */
  requestId: string | undefined;
  traceId: string | undefined;
  /** Of the header `Retry-After`. */
  retryAfterSeconds: number | undefined;
}

/** The deployment refused: `code` is AXP's word for why. */
export class ApiError extends HoldpointError {
  override readonly name: string = 'ApiError';
  readonly code: string;
  readonly category: ErrorBody['category'];
  readonly status: number;
  /** Whether the same call may work later. */
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, string>>;
  readonly requestId: string | undefined;
  readonly traceId: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  constructor({ status, body, requestId, traceId, retryAfterSeconds }: Refusal) {
    super(body.message);
    this.code = body.code;
    this.category = body.category;
    this.status = status;
    this.retryable = body.retryable;
    this.details = body.details;
    this.requestId = requestId;
    this.traceId = traceId;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** 401: no key, a wrong one, or no session of a person where one is needed. */
export class AuthError extends ApiError {
  override readonly name = 'AuthError';
}

/** 403: a policy, a stop or a missing right says no. */
export class PolicyDeniedError extends ApiError {
  override readonly name = 'PolicyDeniedError';
}

/** 404 */
export class NotFoundError extends ApiError {
  override readonly name = 'NotFoundError';
}

/** 422 or 413: the deployment can't take what was sent. */
export class InvalidInputError extends ApiError {
  override readonly name = 'InvalidInputError';
  /** Path of the first field that is wrong. */
  get field(): string | undefined {
    return this.details.field;
  }
}

/** 409: what is asked contradicts what is already so. */
export class ConflictError extends ApiError {
  override readonly name: string = 'ConflictError';
}

/** 409 `intent_terminal`: it has ended already. */
export class IntentTerminalError extends ConflictError {
  override readonly name = 'IntentTerminalError';
}

/** 409 `idempotency_conflict`: the key was used for another body. */
export class IdempotencyConflictError extends ConflictError {
  override readonly name = 'IdempotencyConflictError';
}

/** 409 `claimed` or `claim_lost`: another worker has it. */
export class ClaimError extends ConflictError {
  override readonly name = 'ClaimError';
}

/** 429: too much in too short a time, or of a budget. */
export class RateLimitError extends ApiError {
  override readonly name = 'RateLimitError';
}

/** 5xx: nothing is known of what came of it, unless it is repeated with the same Idempotency-Key. */
export class ServerError extends ApiError {
  override readonly name = 'ServerError';
}

/** No answer came, or one that nobody can read. */
export class ConnectionError extends HoldpointError {
  override readonly name: string = 'ConnectionError';
}

/** No answer came in time; also where what was waited for did not happen in time. */
export class TimeoutError extends ConnectionError {
  override readonly name = 'TimeoutError';
}

const classOfConflict: Record<string, typeof ConflictError> = {
  intent_terminal: IntentTerminalError,
  idempotency_conflict: IdempotencyConflictError,
  claimed: ClaimError,
  claim_lost: ClaimError,
};

/** The error of a status and AXP's body. */
export function refused(refusal: Refusal): ApiError {
  const { status, body } = refusal;
  if (status === 401) return new AuthError(refusal);
  if (status === 403) return new PolicyDeniedError(refusal);
  if (status === 404) return new NotFoundError(refusal);
  if (status === 409) return new (classOfConflict[body.code] ?? ConflictError)(refusal);
  if (status === 413 || status === 422) return new InvalidInputError(refusal);
  if (status === 429) return new RateLimitError(refusal);
  return status >= 500 ? new ServerError(refusal) : new ApiError(refusal);
}
