import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import {
  Cancelled,
  Conflict,
  InvalidInput,
  NotFound,
  OutcomeUnknownError,
  PolicyDenied,
  RetryableError,
  Superseded,
  TerminalError,
  Unauthorized,
} from '../../core/errors.ts';
import { errorAnswer, invalidBody } from '../../wire/errors.ts';
import { createIntent } from '../../wire/intents.ts';
import { start } from '../core/builders.ts';

const answer = (error: unknown, problem = false) => errorAnswer(error, start, problem);

const bodyError = (body: unknown, under?: string[]) => {
  const parsed = createIntent.safeParse(body);
  if (parsed.success) throw new TypeError('this body is fine');
  return invalidBody(parsed.error, under);
};

describe('what a client sees of an error', () => {
  it.each<[unknown, number, string, string, boolean]>([
    [new InvalidInput('x'), 422, 'schema_invalid', 'validation', false],
    [new InvalidInput('x', {}, 'payload_too_large'), 413, 'payload_too_large', 'validation', false],
    [new NotFound('intent'), 404, 'not_found', 'validation', false],
    [new Unauthorized('missing_platform_api_key', 'x'), 401, 'missing_platform_api_key', 'auth', false],
    [new PolicyDenied('x'), 403, 'policy_denied', 'policy', false],
    [new Conflict('idempotency_conflict', 'x'), 409, 'idempotency_conflict', 'validation', false],
    [new Conflict('intent_terminal', 'x'), 409, 'intent_terminal', 'validation', false],
    [new RetryableError('x'), 503, 'temporarily_unavailable', 'transport', true],
    [new TerminalError('no_plan', 'inner'), 500, 'internal_error', 'internal', true],
    [new OutcomeUnknownError('inner'), 500, 'internal_error', 'internal', true],
    [new Superseded(1, 2), 500, 'internal_error', 'internal', true],
    [new Cancelled('FAILED'), 500, 'internal_error', 'internal', true],
    [new Error('inner'), 500, 'internal_error', 'internal', true],
    ['inner', 500, 'internal_error', 'internal', true],
    [new z.ZodError([]), 422, 'schema_invalid', 'validation', false],
  ])('%s', (error, status, code, category, retryable) => {
    const { status: seen, body } = answer(error);
    expect(seen).toBe(status);
    expect(body).toMatchObject({ code, error: { code, category, retryable, at: start } });
    expect(body.detail).toBe(body.message);
    expect((body.error as { message: string }).message).toBe(body.message);
  });

  it('says nothing of our inside', () => {
    for (const error of [new TypeError('secret'), new TerminalError('c', 'secret', { secret: 'secret' })])
      expect(JSON.stringify(answer(error))).not.toContain('secret');
  });

  it('adds RFC 9457 where it is asked for, and only there', () => {
    const gone = new NotFound('intent');
    expect(answer(gone, true).body).toMatchObject({
      type: 'urn:holdpoint:error:not_found',
      title: 'not found',
      status: 404,
    });
    expect(Object.keys(answer(gone).body).sort()).toEqual(['code', 'detail', 'error', 'message']);
  });
});

describe('a body that does not fit', () => {
  it.each([
    [{ intent_type: 'a.b.v1', colour: 'red' }, 'colour'],
    [{ intent_type: 'a.b.v1', human_task: { title: 'x', assignes: ['ada'] } }, 'human_task.assignes'],
    [{ intent_type: 'a.b.v1', human_task: { title: 'x', assignees: ['ada', 7] } }, 'human_task.assignees.1'],
    [{}, 'intent_type'],
    [{ intent_type: 'a.b.v1', max_reminders: 0 }, 'max_reminders'],
    [{ intent_type: 'a.b.v1', payload: [] }, 'payload'],
    ['text', '(body)'],
    [null, '(body)'],
  ])('%j is refused with the path %s', (body, field) => {
    expect(bodyError(body).details.field).toBe(field);
    expect(bodyError(body).message).toContain(field);
  });

  it('tells all of them, each with its path', () => {
    const { body } = answer(bodyError({ intent_type: 7, colour: 'red', size: 1 }));
    const { errors } = (body.error as { details: { errors: string } }).details;
    expect((JSON.parse(errors) as { field: string }[]).map((one) => one.field)).toEqual([
      'intent_type',
      'colour',
      'size',
    ]);
  });

  it('puts the path below where the value stood', () => {
    const parsed = z.strictObject({ order_id: z.string() }).safeParse({});
    expect(parsed.error && invalidBody(parsed.error, ['payload']).details.field).toBe('payload.order_id');
  });

  it('is answered in bounds, however much of it is wrong', () => {
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`unknown${i}`, 1]));
    const long = { intent_type: 'a.b.v1', [`x${'y'.repeat(100_000)}`]: 1 };
    for (const body of [many, long]) {
      const text = JSON.stringify(answer(bodyError(body)).body);
      expect(text.length).toBeLessThan(16_384);
      expect((JSON.parse(text) as { message: string }).message.length).toBeLessThanOrEqual(2000);
    }
  });
});
