import { Duration } from 'aws-cdk-lib';
import { type CfnRule, EventBus, type IEventBus, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { EventInvokeConfig, type IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import type { NodeFunction } from './node-function.ts';

/** The deployment's own bus: lifecycle events go onto it, and rules of whoever deploys it take them from there. */
export class OwnBus extends Construct {
  readonly bus: EventBus;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.bus = new EventBus(this, 'Bus', { description: 'Holdpoint: lifecycle events of intents' });
  }

  /** Lets a function put events onto it. */
  filledBy(producer: NodeFunction): void {
    producer.allow(['events:PutEvents'], [this.bus.eventBusArn]);
  }
}

/** An event that could not be handed on for so long comes too late. */
const maxEventAge = Duration.hours(6);

/** The whole event, and which door it came through. */
class ThroughDoor extends RuleTargetInput {
  readonly #door: string;
  constructor(door: string) {
    super();
    this.#door = door;
  }
  override bind() {
    const inputTemplate = `{"door":${JSON.stringify(this.#door)},"event":<aws.events.event.json>}`;
    return { inputTemplate, inputPathsMap: {} };
  }
}

export interface EventDoorsProps {
  doors: Config['events']['doors'];
  /** The deployment's own bus. */
  own: EventBus;
  door: NodeFunction;
  /** Where an event goes that could not be handed on, or submits nothing. */
  parked: Queue;
}

/** Rules that hand events of a bus to the function that submits intents. */
export class EventDoors extends Construct {
  constructor(scope: Construct, id: string, { doors, own, door, parked }: EventDoorsProps) {
    super(scope, id);
    // The CDK's classes and interfaces differ in `undefined` under exactOptionalPropertyTypes: hence the casts.
    const buses = { default: EventBus.fromEventBusName(this, 'Default', 'default'), holdpoint: own as IEventBus };
    const alias = door.alias as IFunction;
    for (const { name, bus, pattern } of doors) {
      const rule = new Rule(this, name, {
        description: `Events that submit an intent: ${name}`,
        eventBus: buses[bus],
        eventPattern: { source: ['replaced'] },
        targets: [new LambdaFunction(alias, { deadLetterQueue: parked, maxEventAge, event: new ThroughDoor(name) })],
      });
      (rule.node.defaultChild as CfnRule).eventPattern = pattern;
    }
    // Lambda takes the event and calls the function by itself: three times, then it is parked.
    door.allow(['sqs:SendMessage'], [parked.queueArn]);
    const config = new EventInvokeConfig(this, 'Calls', {
      function: alias,
      maxEventAge,
      retryAttempts: 2,
      onFailure: { bind: () => ({ destination: parked.queueArn }) },
    });
    // Lambda checks at creation that it may send.
    config.node.addDependency(door.function);
  }
}
