import {
  AttributeType,
  Billing,
  ProjectionType,
  StreamViewType,
  type TablePropsV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { type ListIndex, listIndexes } from '../../adapters/rows.ts';
import { keeping, type Stage } from '../stage.ts';

/** The sweep's index of `Intents`. */
export const dueIndex = 'due';
/** The checkpoints' index of `Intents`. */
export const hoursIndex = 'hours';
/** The inboxes' index of `Intents`. */
export const askedIndex = 'asked';
/** The auditors' index of `Audit`. */
export const decisionsIndex = 'decisions';

/** The seven tables. `Intents` holds the truth about an intent, the others what must outlive or outrank it. */
export class Tables extends Construct {
  /** Heads, events, tasks, links, plans, outbox rows; one item collection per intent. */
  readonly intents: TableV2;
  /** One row per tool call. */
  readonly effects: TableV2;
  /** Hash chains, append-only. */
  readonly audit: TableV2;
  /** API keys, accounts, stops and caps. */
  readonly control: TableV2;
  /** What changes between deployments of those who decide: the directory's rows, sessions, codes. */
  readonly people: TableV2;
  /** What was delivered to agents, in their order, and places for requests that wait. */
  readonly mailboxes: TableV2;
  /** Subscriptions, events that somebody wants, and how far each sending is. */
  readonly webhooks: TableV2;
  /** What is counted: budgets, requests, what agents tell of themselves; and what was done about agents. */
  readonly meters: TableV2;

  constructor(scope: Construct, id: string, props: { stage: Stage }) {
    super(scope, id);
    const { deletionProtection, removalPolicy } = keeping[props.stage];
    const pk = { name: 'pk', type: AttributeType.STRING };
    const sk = { name: 'sk', type: AttributeType.STRING };
    const table = (name: string, more: Partial<TablePropsV2>): TableV2 =>
      new TableV2(this, name, {
        partitionKey: pk,
        billing: Billing.onDemand(),
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
        deletionProtection,
        removalPolicy,
        ...more,
      });

    this.intents = table('Intents', {
      sortKey: sk,
      // Clears up old idempotency keys; no timer and no lock depends on it.
      timeToLiveAttribute: 'ttl',
      dynamoStream: StreamViewType.NEW_IMAGE,
      globalSecondaryIndexes: [
        {
          // Sparse: only what is owed or waits for a time carries `shard`.
          indexName: dueIndex,
          partitionKey: { name: 'shard', type: AttributeType.STRING },
          sortKey: { name: 'dueAt', type: AttributeType.NUMBER },
          projectionType: ProjectionType.INCLUDE,
          nonKeyAttributes: ['kind', 'tenant', 'intentId', 'type'],
        },
        {
          // Sparse: heads only. With keys only, a commit writes to it only where the hour of the last one was another.
          indexName: hoursIndex,
          partitionKey: { name: 'hour', type: AttributeType.STRING },
          projectionType: ProjectionType.KEYS_ONLY,
        },
        {
          // Sparse: only rows of whom a task asks, or asked and heard, carry `asked`.
          indexName: askedIndex,
          partitionKey: { name: 'asked', type: AttributeType.STRING },
          sortKey: { name: 'place', type: AttributeType.STRING },
          projectionType: ProjectionType.ALL,
        },
        // Sparse: only what an intent was asked with first, which never changes, carries these.
        ...listIndexes.map((name) => ({
          indexName: name,
          partitionKey: { name, type: AttributeType.STRING },
          sortKey: pk,
          projectionType: ProjectionType.KEYS_ONLY,
        })),
      ],
    });
    this.effects = table('Effects', { sortKey: sk });
    this.audit = table('Audit', {
      sortKey: { name: 'sk', type: AttributeType.NUMBER },
      globalSecondaryIndexes: [
        {
          // Sparse: only records of decisions carry `decidedIn`. They never change, and so no entry does.
          indexName: decisionsIndex,
          partitionKey: { name: 'decidedIn', type: AttributeType.STRING },
          sortKey: { name: 'decidedAt', type: AttributeType.STRING },
          projectionType: ProjectionType.KEYS_ONLY,
        },
      ],
    });
    this.control = table('Control', { sortKey: sk });
    // Clears up sessions and codes that are over; their own times are what counts.
    this.people = table('People', { sortKey: sk, timeToLiveAttribute: 'ttl' });
    this.mailboxes = table('Mailboxes', { sortKey: sk });
    // Clears up events that are too old to be sent again.
    this.webhooks = table('Webhooks', { sortKey: sk, timeToLiveAttribute: 'ttl' });
    // Clears up counters of windows that are over; nothing depends on it.
    this.meters = table('Meters', { sortKey: sk, timeToLiveAttribute: 'ttl' });
  }

  /** The names as functions take them. */
  get environment() {
    return {
      INTENTS_TABLE: this.intents.tableName,
      EFFECTS_TABLE: this.effects.tableName,
      AUDIT_TABLE: this.audit.tableName,
      CONTROL_TABLE: this.control.tableName,
      PEOPLE_TABLE: this.people.tableName,
      METERS_TABLE: this.meters.tableName,
    };
  }

  get dueIndexArn(): string {
    return `${this.intents.tableArn}/index/${dueIndex}`;
  }

  get hoursIndexArn(): string {
    return `${this.intents.tableArn}/index/${hoursIndex}`;
  }

  get listIndexArns(): string[] {
    return listIndexes.map((name) => `${this.intents.tableArn}/index/${name}`);
  }

  /** Those by which an agent finds its own. */
  get ownListIndexArns(): string[] {
    return this.listIndexArns.filter((arn) => !arn.endsWith('/listed'));
  }

  get listedToIndexArn(): string {
    return `${this.intents.tableArn}/index/${'listedTo' satisfies ListIndex}`;
  }

  get decisionsIndexArn(): string {
    return `${this.audit.tableArn}/index/${decisionsIndex}`;
  }

  get askedIndexArn(): string {
    return `${this.intents.tableArn}/index/${askedIndex}`;
  }
}
