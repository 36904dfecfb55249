import { Duration } from 'aws-cdk-lib';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { EventInvokeConfig, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { type ConfigurationSet, EmailSendingEvent, EventDestination } from 'aws-cdk-lib/aws-ses';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { NodeFunction } from './node-function.ts';

export interface MailEventsProps {
  set: ConfigurationSet;
  events: NodeFunction;
  /** Where an event goes that could not be worked off. */
  parked: Queue;
}

/** Older than this, the ladder has reminded by itself. */
const maxEventAge = Duration.hours(6);

/**
 * Bounces and complaints, by way of the account's event bus, to the function that escalates. Not by a topic: SES
 * publishes to an encrypted one only under a key of its own. Delivery is at best effort: without it, the ladder goes on by time.
 */
export class MailEvents extends Construct {
  constructor(scope: Construct, id: string, { set, events, parked }: MailEventsProps) {
    super(scope, id);
    const bus = EventBus.fromEventBusName(this, 'Bus', 'default');
    set.addEventDestination('ToEventBus', {
      destination: EventDestination.eventBus(bus),
      events: [EmailSendingEvent.BOUNCE, EmailSendingEvent.COMPLAINT],
    });
    // The CDK's classes and interfaces differ in `undefined` under exactOptionalPropertyTypes: hence the cast.
    const alias = events.alias as IFunction;
    new Rule(this, 'Undeliverable', {
      description: 'Mails of this deployment that came back',
      eventPattern: {
        source: ['aws.ses'],
        detailType: ['Email Bounced', 'Email Complaint Received'],
        detail: { mail: { tags: { 'ses:configuration-set': [set.configurationSetName] } } },
      },
      targets: [new LambdaFunction(alias, { deadLetterQueue: parked, maxEventAge })],
    });
    // Lambda takes the event and calls the function by itself: three times, then it is parked.
    events.allow(['sqs:SendMessage'], [parked.queueArn]);
    const config = new EventInvokeConfig(this, 'Calls', {
      function: alias,
      maxEventAge,
      retryAttempts: 2,
      onFailure: { bind: () => ({ destination: parked.queueArn }) },
    });
    // Lambda checks at creation that it may send.
    config.node.addDependency(events.function);
  }
}
