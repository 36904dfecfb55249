import { Duration, Validations } from 'aws-cdk-lib';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { keeping, type Stage } from '../stage.ts';
import type { NodeFunction } from './node-function.ts';

/** The longest that SQS keeps a message: two weeks to notice an alarm and redrive. */
const retention = Duration.days(14);

/** Tries before a message is dead. Five survive a bad deploy's rollback better than a throttled minute needs. */
const maxReceiveCount = 5;

/** A batch fails in parts, so its size only limits what one call can do in its time. */
const batchSize = 10;

/** AWS asks for at least six: room for Lambda's own retries when a poller is throttled. */
const visibilityPerTimeout = 6;

const common = (stage: Stage) => ({
  encryption: QueueEncryption.SQS_MANAGED,
  enforceSSL: true,
  retentionPeriod: retention,
  removalPolicy: keeping[stage].removalPolicy,
});

/** A queue that nothing reads: what could not be done waits here for a person. */
export class DeadLetterQueue extends Queue {
  constructor(scope: Construct, id: string, props: { stage: Stage }) {
    super(scope, id, common(props.stage));
    Validations.of(this).acknowledge({
      id: 'Serverless-SQSRedrivePolicy',
      reason: 'It is where others redrive to; nothing reads it, so nothing can fail.',
    });
  }
}

/** Where `dispatch` puts what it can't read, itself or as its stream's failure destination. */
export class ParkedQueue extends DeadLetterQueue {
  constructor(scope: Construct, id: string, props: { stage: Stage }) {
    super(scope, id, props);
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'It is a dead-letter queue, of a stream: no queue names it as its own.',
    });
  }
}

export interface QueueWithDeadLettersProps {
  stage: Stage;
  /** The timeout of the function that reads the queue, in seconds. */
  consumerTimeoutSeconds: number;
  /** Tries before a message is dead; see `maxReceiveCount`. */
  tries?: number;
}

/** A queue and where its messages go that could not be worked off. */
export class QueueWithDeadLetters extends Construct {
  readonly queue: Queue;
  readonly deadLetters: DeadLetterQueue;

  constructor(scope: Construct, id: string, props: QueueWithDeadLettersProps) {
    super(scope, id);
    this.deadLetters = new DeadLetterQueue(this, 'DeadLetters', { stage: props.stage });
    this.queue = new Queue(this, 'Queue', {
      ...common(props.stage),
      visibilityTimeout: Duration.seconds(props.consumerTimeoutSeconds * visibilityPerTimeout),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: props.tries ?? maxReceiveCount },
    });
  }

  /**
   * Lets a function work off the queue, in batches that may fail in parts.
   *
   * @param maxConcurrency calls at the same time (at least 2, an SQS rule)
   * @param size messages of a batch
   */
  consumedBy(consumer: NodeFunction, maxConcurrency: number, size = batchSize): void {
    consumer.allow(
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
      [this.queue.queueArn],
    );
    const mapping = new EventSourceMapping(this, 'Source', {
      target: consumer.alias,
      eventSourceArn: this.queue.queueArn,
      batchSize: size,
      maxConcurrency,
      reportBatchItemFailures: true,
    });
    // Lambda checks at creation that it may read.
    mapping.node.addDependency(consumer.function);
    Validations.of(mapping).acknowledge({
      id: 'Serverless-LambdaEventSourceMappingDestination',
      reason: "A queue's failures go to its dead-letter queue; SQS sources have no failure destination.",
    });
  }

  /** Lets a function put messages into the queue. */
  filledBy(producer: NodeFunction): void {
    producer.allow(['sqs:SendMessage'], [this.queue.queueArn]);
  }
}
