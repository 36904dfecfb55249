import { beforeAll, describe, expect, it } from 'vitest';
import { type Resource, resourcesOf, synthesize, type Template } from './synth.ts';

let templates: Template[];
let queues: (Resource & { id: string })[];
let deadLetterIds: string[];

/** Two weeks, the longest SQS keeps a message. */
const retentionSeconds = 14 * 24 * 3600;

beforeAll(async () => {
  ({ templates } = await synthesize());
  queues = resourcesOf(templates, 'AWS::SQS::Queue');
  const redriven = queues.flatMap(
    ({ Properties }) => Properties.RedrivePolicy?.deadLetterTargetArn['Fn::GetAtt'][0] ?? [],
  );
  const failures = resourcesOf(templates, 'AWS::Lambda::EventSourceMapping').flatMap(
    ({ Properties }) => Properties.DestinationConfig?.OnFailure.Destination['Fn::GetAtt'][0] ?? [],
  );
  deadLetterIds = [...redriven, ...failures];
});

describe('queues', () => {
  it('has a dead-letter queue, or is one', () => {
    expect(queues).toHaveLength(13);
    for (const { id, Properties } of queues)
      expect('RedrivePolicy' in Properties, id).toBe(!deadLetterIds.includes(id));
  });

  it('keeps messages for 14 days, encrypted, and refuses plain HTTP', () => {
    const policies = JSON.stringify(resourcesOf(templates, 'AWS::SQS::QueuePolicy'));
    expect(policies.match(/"aws:SecureTransport":"false"/g)).toHaveLength(queues.length);
    for (const { id, Properties } of queues) {
      expect(Properties, id).toMatchObject({ MessageRetentionPeriod: retentionSeconds, SqsManagedSseEnabled: true });
      expect(policies).toContain(`"Fn::GetAtt":["${id}","Arn"]`);
    }
  });

  it('has an alarm on its first message if it is a dead-letter queue', () => {
    const alarms = resourcesOf(templates, 'AWS::CloudWatch::Alarm').filter(
      ({ Properties }) => Properties.MetricName === 'ApproximateNumberOfMessagesVisible',
    );
    const watched = alarms.map(({ Properties }) => Properties.Dimensions[0].Value['Fn::GetAtt'][0]);
    expect(watched.sort()).toEqual([...deadLetterIds].sort());
    for (const { Properties } of alarms) {
      expect(Properties).toMatchObject({ Threshold: 1, ComparisonOperator: 'GreaterThanOrEqualToThreshold' });
    }
  });
});

describe('functions that read queues', () => {
  it('fails in parts, and has six times its timeout before a message comes again', () => {
    const functions = new Map(resourcesOf(templates, 'AWS::Lambda::Function').map((one) => [one.id, one]));
    const mappings = resourcesOf(templates, 'AWS::Lambda::EventSourceMapping').filter(({ Properties }) =>
      queues.some(({ id }) => id === Properties.EventSourceArn['Fn::GetAtt'][0]),
    );
    expect(mappings).toHaveLength(6);
    for (const { id, Properties, DependsOn = [] } of mappings) {
      const queue = queues.find((one) => one.id === Properties.EventSourceArn['Fn::GetAtt'][0]);
      const reader = DependsOn.map((dependency) => functions.get(dependency)).find((one) => one !== undefined);
      expect(queue?.Properties.VisibilityTimeout, id).toBeGreaterThanOrEqual(6 * reader?.Properties.Timeout);
      expect(Properties.FunctionResponseTypes, id).toEqual(['ReportBatchItemFailures']);
    }
  });
});

describe('the outbox stream', () => {
  it('takes new outbox rows only, gives up on none in silence, and blocks on none', () => {
    const [stream] = resourcesOf(templates, 'AWS::Lambda::EventSourceMapping').filter(
      ({ Properties }) => Properties.StartingPosition,
    );
    expect(stream?.Properties).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRetryAttempts: 5,
    });
    expect(
      stream?.Properties.FilterCriteria.Filters.map(({ Pattern }: { Pattern: string }) => JSON.parse(Pattern)),
    ).toEqual([{ eventName: ['INSERT'], dynamodb: { Keys: { sk: { S: [{ prefix: 'outbox#' }] } } } }]);
  });
});
