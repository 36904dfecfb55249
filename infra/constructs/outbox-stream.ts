import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping, FilterCriteria, FilterRule, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { NodeFunction } from './node-function.ts';
import type { ParkedQueue } from './queue.ts';
import type { Tables } from './tables.ts';

/** Rows that one call takes: what SQS takes in ten batches. */
const batchSize = 100;

/** `dispatch` parks a record that it can't read; these are for a call that fails as a whole. */
const retryAttempts = 5;

/** Older than this, the sweep has long enqueued what the record asks for. */
const maxRecordAge = Duration.hours(1);

/** The fast path: new outbox rows of `Intents` to `dispatch`. The sweep finds what this loses. */
export class OutboxStream extends Construct {
  constructor(scope: Construct, id: string, props: { tables: Tables; dispatch: NodeFunction; parked: ParkedQueue }) {
    super(scope, id);
    const { dispatch, parked } = props;
    const streamArn = props.tables.intents.tableStreamArn;
    if (!streamArn) throw new Error('The table Intents has no stream');
    dispatch.allow(['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'], [streamArn]);
    dispatch.allow(['dynamodb:ListStreams'], ['*']);
    dispatch.allow(['sqs:SendMessage'], [parked.queueArn]);
    const mapping = new EventSourceMapping(this, 'Source', {
      target: dispatch.alias,
      eventSourceArn: streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize,
      retryAttempts,
      maxRecordAge,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      onFailure: { bind: () => ({ destination: parked.queueArn }) },
      filters: [
        FilterCriteria.filter({
          eventName: FilterRule.isEqual('INSERT'),
          dynamodb: { Keys: { sk: { S: FilterRule.beginsWith('outbox#') } } },
        }),
      ],
    });
    // Lambda checks at creation that it may read.
    mapping.node.addDependency(dispatch.function);
  }
}
