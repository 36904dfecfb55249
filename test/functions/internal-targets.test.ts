import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it, type Mock, vi } from 'vitest';
import { internalTargets } from '../../adapters/internal-targets.ts';
import { sha256 } from '../../core/hash.ts';

const place = 'eu-west-1:123456789012';
const arns = {
  function: `arn:aws:lambda:${place}:function:packer`,
  alias: `arn:aws:lambda:${place}:function:packer:live`,
  queue: `arn:aws:sqs:${place}:packer`,
  fifo: `arn:aws:sqs:${place}:packer.fifo`,
  bus: `arn:aws:events:${place}:event-bus/shop`,
};
const handed = {
  address: 'agent://acme/shop/packer',
  id: '01a200a8-09fc-72e3-aa26-2587e329c757_d1',
  type: 'intent.delivered',
  body: '{"type":"intent.delivered","data":{"payload":{"to":"Zoë"}}}',
};

type Send = Mock<(command: unknown) => Promise<unknown>>;
let sends: { lambda: Send; sqs: Send; bus: Send };
beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  const stub = (client: { prototype: object }, answer: object): Send =>
    vi.spyOn(client.prototype as { send: Send }, 'send').mockResolvedValue(answer) as Send;
  sends = {
    lambda: stub(LambdaClient, { StatusCode: 202 }),
    sqs: stub(SQSClient, { MessageId: 'm' }),
    bus: stub(EventBridgeClient, { FailedEntryCount: 0, Entries: [{ EventId: 'e' }] }),
  };
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const hand = (target: string, more: object = {}) => internalTargets()({ target, ...handed, ...more });
/** The one command that was sent, by whichever client. */
function sent(): unknown {
  const commands = Object.values(sends).flatMap(({ mock }) => mock.calls.map(([command]) => command));
  expect(commands).toHaveLength(1);
  return commands[0];
}

describe('what goes to a target of the account', () => {
  it.each([arns.function, arns.alias])('calls the function as it is named, without waiting for it: %s', async (arn) => {
    await hand(arn);
    const { input } = sent() as InvokeCommand;
    expect(sent()).toBeInstanceOf(InvokeCommand);
    expect(input).toEqual({ FunctionName: arn, InvocationType: 'Event', Payload: expect.any(Uint8Array) });
    expect(Buffer.from(input.Payload as Uint8Array).toString('utf8')).toBe(handed.body);
  });

  it('goes to the queue of the account and Region that the ARN says', async () => {
    await hand(arns.queue);
    expect(sent()).toBeInstanceOf(SendMessageCommand);
    expect((sent() as SendMessageCommand).input).toEqual({
      QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/packer',
      MessageBody: handed.body,
    });
  });

  it('keeps the order of each agent in a FIFO queue, and is in it once however often it is tried', async () => {
    await hand(arns.fifo);
    await hand(arns.fifo);
    await hand(arns.fifo, { address: 'agent://acme/shop/other', id: 'another_d1' });
    const inputs = sends.sqs.mock.calls.map(([command]) => (command as SendMessageCommand).input);
    const [first, second, other] = inputs;
    expect(first).toEqual({
      QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/packer.fifo',
      MessageBody: handed.body,
      MessageGroupId: sha256(handed.address),
      MessageDeduplicationId: handed.id,
    });
    expect(second).toEqual(first);
    expect(other?.MessageGroupId).not.toBe(first?.MessageGroupId);
    expect(other?.MessageDeduplicationId).toBe('another_d1');
    // What SQS takes: up to 128 letters, digits and punctuation, no space.
    for (const input of inputs)
      for (const id of [input.MessageGroupId, input.MessageDeduplicationId]) expect(id).toMatch(/^[!-~]{1,128}$/);
  });

  it('is an event of the bus, from holdpoint, of its type', async () => {
    await hand(arns.bus);
    expect(sent()).toBeInstanceOf(PutEventsCommand);
    expect((sent() as PutEventsCommand).input).toEqual({
      Entries: [{ EventBusName: arns.bus, Source: 'holdpoint', DetailType: 'intent.delivered', Detail: handed.body }],
    });
  });
});

describe('what AWS does not take', () => {
  it.each([
    ['lambda', arns.function],
    ['sqs', arns.queue],
    ['bus', arns.bus],
  ] as const)('is no success: %s refuses', async (client, arn) => {
    sends[client].mockRejectedValue(Object.assign(new Error('not allowed'), { name: 'AccessDeniedException' }));
    await expect(hand(arn)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  it.each([
    [{ FailedEntryCount: 1, Entries: [{ ErrorCode: 'ThrottlingException' }] }, 'EventBridge: ThrottlingException'],
    [{ FailedEntryCount: 1 }, 'EventBridge: refused'],
  ])('is no success: the bus answers well and takes nothing, %j', async (answer, why) => {
    sends.bus.mockResolvedValue(answer);
    await expect(hand(arns.bus)).rejects.toThrow(why);
  });

  it.each(['arn:aws:sns:eu-west-1:123456789012:topic', 'https://sqs.eu-west-1.amazonaws.com/1/q', ''])(
    'is sent nowhere where it is no target: %s',
    async (target) => {
      await expect(hand(target)).rejects.toThrow(TypeError);
      for (const send of Object.values(sends)) expect(send).not.toHaveBeenCalled();
    },
  );
});
