import { describe, expect, it } from 'vitest';
import { afterTry, pushes, webhookIdOf } from '../../core/binding.ts';
import { internalTarget } from '../../core/internal-target.ts';
import { later, start } from './builders.ts';

describe('after a try', () => {
  const at = { attempt: 1, maxAttempts: 3, jitter: 0.5, now: start };
  const failed = { is: 'failed', why: 'timeout' } as const;

  it('an entry is done, tried again, or given up', () => {
    expect(afterTry({ is: 'taken', status: 204 }, at)).toEqual({ is: 'done' });
    expect(afterTry({ is: 'gone', status: 410 }, at)).toEqual({ is: 'disabled' });
    expect(afterTry(failed, at)).toEqual({ is: 'again', attempt: 1, nextAt: later(start, 3.75) });
    expect(afterTry(failed, { ...at, attempt: 3 })).toEqual({ is: 'dead', attempt: 3, why: 'timeout' });
    expect(afterTry({ is: 'failed', why: 'status', status: 503, retryAfterSeconds: 600 }, at)).toMatchObject({
      nextAt: later(start, 600),
    });
    const refused = { is: 'failed', why: 'status', status: 500 } as const;
    expect(afterTry(refused, { ...at, attempt: 9 })).toMatchObject({ is: 'dead', why: 'status 500' });
  });
});

describe('a binding', () => {
  const common = { createdAt: start, updatedAt: start, version: 1 };
  it('pushes where it leads somewhere and is not disabled', () => {
    expect(pushes(undefined)).toBe(false);
    expect(pushes({ ...common, kind: 'stream' })).toBe(false);
    expect(pushes({ ...common, kind: 'poll' })).toBe(false);
    expect(pushes({ ...common, kind: 'inbox', person: 'ada' })).toBe(true);
    expect(pushes({ ...common, kind: 'inbox', person: 'ada', disabledAt: start })).toBe(false);
  });

  it('has webhooks whose id is the delivery’s, without a dot', () => {
    expect(webhookIdOf({ deliveryId: '01a2-09fc.d12' })).toBe('01a2-09fc_d12');
  });
});

describe('an internal target', () => {
  it.each([
    ['arn:aws:lambda:eu-west-1:123456789012:function:packer', 'lambda', 'packer'],
    ['arn:aws:lambda:eu-west-1:123456789012:function:packer:live', 'lambda', 'packer:live'],
    ['arn:aws:sqs:eu-west-1:123456789012:packer.fifo', 'sqs', 'packer.fifo'],
    ['arn:aws-cn:events:cn-north-1:123456789012:event-bus/agents', 'events', 'agents'],
  ])('%s is one', (arn, service, name) => {
    expect(internalTarget(arn)).toMatchObject({ arn, service, name, account: '123456789012' });
  });

  it.each([
    'arn:aws:s3:::bucket',
    'arn:aws:sqs:eu-west-1:123456789012:*',
    'arn:aws:lambda:eu-west-1:123456789012:function:*',
    'arn:aws:sns:eu-west-1:123456789012:topic',
    'arn:aws:sqs:eu-west-1:1234:packer',
    'packer',
    '',
  ])('%s is none', (arn) => expect(internalTarget(arn)).toBeUndefined());
});
