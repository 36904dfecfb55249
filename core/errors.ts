/** The closed family of errors that the product raises. Doors map them; the state machine acts on their names. */

import type { Json } from './json.ts';

/** Base: `code` is the word a client sees (AXP), `name` the word a state machine catches. */
export abstract class HoldpointError extends Error {
  readonly code: string;
  readonly details: Record<string, Json>;
  constructor(code: string, message: string, details: Record<string, Json> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }
}

/** Input that can't be taken: says the field's path, changes nothing. */
export class InvalidInput extends HoldpointError {
  override readonly name = 'InvalidInput';
  constructor(message: string, details: Record<string, Json> = {}, code = 'schema_invalid') {
    super(code, message, details);
  }
}

export class NotFound extends HoldpointError {
  override readonly name = 'NotFound';
  constructor(what: string, code = 'not_found', details: Record<string, Json> = {}) {
    super(code, `There is no such ${what}.`, details);
  }
}

/** The path is there, but not by this method. Pages say of it what they say of whatever is not there. */
export class MethodNotAllowed extends NotFound {
  readonly allow: string;
  constructor(methods: readonly string[]) {
    const allow = [...new Set(methods)].join(', ');
    super('route by this method', 'method_not_allowed', { allow });
    this.allow = allow;
  }
}

export class Unauthorized extends HoldpointError {
  override readonly name = 'Unauthorized';
}

/** A rule, a stop or a right says no. */
export class PolicyDenied extends HoldpointError {
  override readonly name = 'PolicyDenied';
  constructor(message: string, details: Record<string, Json> = {}) {
    super('policy_denied', message, details);
  }
}

/** What is asked contradicts what is already committed. */
export class Conflict extends HoldpointError {
  override readonly name = 'Conflict';
}

/** Nothing is wrong with the request; trying again may work. */
export class RetryableError extends HoldpointError {
  override readonly name = 'RetryableError';
  constructor(message: string, cause?: unknown) {
    super('temporarily_unavailable', message, {}, cause);
  }
}

/** A budget (`quota_exceeded`) or a rate (`rate_limited`) is used up. `details.retry_after_seconds`: until there is room again. */
export class QuotaExceeded extends HoldpointError {
  override readonly name = 'QuotaExceeded';
}

/** Trying again cannot work. */
export class TerminalError extends HoldpointError {
  override readonly name = 'TerminalError';
}

/** A tool call went out and nobody knows yet what it did: look it up before anything else. */
export class OutcomeUnknownError extends HoldpointError {
  override readonly name = 'OutcomeUnknownError';
  constructor(message: string, cause?: unknown) {
    super('outcome_unknown', message, {}, cause);
  }
}

/** The run that speaks is not the intent's current one. */
export class Superseded extends HoldpointError {
  override readonly name = 'Superseded';
  constructor(generation: number, current: number) {
    super('superseded', `Generation ${generation} was superseded by ${current}.`);
  }
}

/** The intent has ended; its run has nothing left to do. */
export class Cancelled extends HoldpointError {
  override readonly name = 'Cancelled';
  constructor(status: string) {
    super('intent_terminal', `The intent has ended as ${status}.`, { status });
  }
}
