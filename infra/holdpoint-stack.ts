import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { env as checkpointEnv } from '../functions/checkpoint/env.ts';
import { env as guardEnv } from '../functions/guard/env.ts';
import { consequences } from './consequences.ts';
import { Alarms } from './constructs/alarms.ts';
import { Checkpoints } from './constructs/checkpoints.ts';
import { Overview } from './constructs/dashboard.ts';
import { RemovalGuard } from './constructs/removal-guard.ts';
import { doorForEvents, doorsOfAgents } from './doors-of-agents.ts';
import { doorsOfPeople } from './doors-of-people.ts';
import { type Declared, Foundation } from './foundation.ts';
import { machines } from './machines.ts';
import { routesTo } from './routes.ts';

export interface HoldpointStackProps extends StackProps, Declared {}

/** Everything of one deployment. It only composes: each part is a file beside this one, each capability a construct. */
export class HoldpointStack extends Stack {
  constructor(scope: Construct, id: string, props: HoldpointStackProps) {
    super(scope, id, { description: 'Holdpoint: durable intents with human approval', ...props });
    const base = new Foundation(this, props);
    const guard = guardOf(base);
    const doors = { ...doorsOfAgents(base), ...doorsOfPeople(base) };
    base.publicApi.route(doors.api, routesTo(doors));
    const { secret, steps, arns } = machines(base, guard);
    const { dispatch, sweep } = consequences(base, arns);
    doorForEvents(base);
    const checkpoints = witness(base);
    const changing = base.functions.filter(({ name }) => name !== 'guard');
    guard.before(...changing.map(({ function: made }) => made));

    const deadLetters = deadLettersOf(base);
    new Alarms(this, 'Alarms', {
      config: props.config,
      deadLetters,
      watched: [steps, dispatch, sweep],
      api: base.publicApi,
    });
    new Overview(this, 'Overview', { deadLetters });

    this.#output({
      ...outputsOf(base),
      CheckpointBucket: checkpoints.environment.CHECKPOINT_BUCKET,
      CheckpointKeyId: checkpoints.environment.CHECKPOINT_KEY_ID,
      MediaBucket: doors.mediaBucket.bucketName,
      SweepFunction: sweep.function.functionName,
      ProviderSecretArn: secret.arn,
      StateMachines: this.toJsonString(arns),
    });
  }

  /** What the command line, the local stack and the tests need to find. */
  #output(values: Record<string, string>): void {
    for (const [name, value] of Object.entries(values)) new CfnOutput(this, name, { value });
  }
}

/** Asked before anything else changes. */
function guardOf(base: Foundation): RemovalGuard {
  const { INTENTS_TABLE } = base.environment.tables;
  return new RemovalGuard(base.stack, 'RemovalGuard', {
    guard: base.make('guard', guardEnv, { INTENTS_TABLE }),
    tables: base.tables,
    intentTypes: base.declared.intentTypes,
  });
}

/** The witness of the audit chains. */
function witness(base: Foundation): Checkpoints {
  const { INTENTS_TABLE } = base.environment.tables;
  const checkpoints = new Checkpoints(base.stack, 'Checkpoints', { stage: base.declared.config.stage });
  checkpoints.madeBy(
    base.make('checkpoint', checkpointEnv, { INTENTS_TABLE, ...checkpoints.environment }),
    base.tables,
  );
  return checkpoints;
}

/** Where it is seen that something could not be done, by the names of their alarms. */
function deadLettersOf({ parked, queues }: Foundation) {
  return {
    ParkedRecords: parked,
    RunsDeadLetters: queues.runs.deadLetters,
    MailDeadLetters: queues.mail.deadLetters,
    DeliverDeadLetters: queues.deliver.deadLetters,
    PushDeadLetters: queues.push.deadLetters,
    AnnounceDeadLetters: queues.announce.deadLetters,
    CallbacksDeadLetters: queues.callbacks.deadLetters,
  };
}

function outputsOf({ stack, tables, queues, parked, publicApi, bus, webhookKey, chat, functions }: Foundation) {
  return {
    ApiUrl: publicApi.url,
    IntentsTable: tables.intents.tableName,
    EffectsTable: tables.effects.tableName,
    AuditTable: tables.audit.tableName,
    ControlTable: tables.control.tableName,
    PeopleTable: tables.people.tableName,
    MailboxesTable: tables.mailboxes.tableName,
    WebhooksTable: tables.webhooks.tableName,
    MetersTable: tables.meters.tableName,
    EventBusName: bus.bus.eventBusName,
    RunsQueueUrl: queues.runs.queue.queueUrl,
    RunsDeadLettersUrl: queues.runs.deadLetters.queueUrl,
    MailQueueUrl: queues.mail.queue.queueUrl,
    MailDeadLettersUrl: queues.mail.deadLetters.queueUrl,
    DeliverQueueUrl: queues.deliver.queue.queueUrl,
    DeliverDeadLettersUrl: queues.deliver.deadLetters.queueUrl,
    PushQueueUrl: queues.push.queue.queueUrl,
    PushDeadLettersUrl: queues.push.deadLetters.queueUrl,
    AnnounceQueueUrl: queues.announce.queue.queueUrl,
    AnnounceDeadLettersUrl: queues.announce.deadLetters.queueUrl,
    CallbacksQueueUrl: queues.callbacks.queue.queueUrl,
    CallbacksDeadLettersUrl: queues.callbacks.deadLetters.queueUrl,
    ParkedUrl: parked.queueUrl,
    WebhookKeyId: webhookKey.keyId,
    ...(chat && { ChatSecretArn: chat.arn }),
    Functions: stack.toJsonString(
      Object.fromEntries(functions.map(({ name, function: { functionName } }) => [name, functionName])),
    ),
  };
}
