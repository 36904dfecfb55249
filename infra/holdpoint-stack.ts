import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Construct } from 'constructs';
import type { z } from 'zod';
import type { IntentType } from '../core/intent-type.ts';
import { env as announceEnv } from '../functions/announce/env.ts';
import { env as apiEnv } from '../functions/api/env.ts';
import { env as approvalsEnv } from '../functions/approvals/env.ts';
import { env as bindingsEnv } from '../functions/bindings/env.ts';
import { env as callbacksEnv } from '../functions/callbacks/env.ts';
import { maxTries } from '../functions/callbacks/tries.ts';
import { env as checkpointEnv } from '../functions/checkpoint/env.ts';
import { env as decisionsEnv } from '../functions/decisions/env.ts';
import { env as deliverEnv } from '../functions/deliver/env.ts';
import { env as dispatchEnv } from '../functions/dispatch/env.ts';
import { env as eventDoorEnv } from '../functions/event-door/env.ts';
import { env as guardEnv } from '../functions/guard/env.ts';
import { env as inboxEnv } from '../functions/inbox/env.ts';
import { env as mailEnv } from '../functions/mail/env.ts';
import { env as mailEventsEnv } from '../functions/mail-events/env.ts';
import { env as mcpEnv } from '../functions/mcp/env.ts';
import { env as mediaEnv } from '../functions/media/env.ts';
import { env as meshEnv } from '../functions/mesh/env.ts';
import { env as pushEnv } from '../functions/push/env.ts';
import { env as registryEnv } from '../functions/registry/env.ts';
import { env as runsEnv } from '../functions/runs/env.ts';
import { env as scenariosEnv } from '../functions/scenarios/env.ts';
import { env as scimEnv } from '../functions/scim/env.ts';
import { env as stepsEnv } from '../functions/steps/env.ts';
import { env as streamsEnv } from '../functions/streams/env.ts';
import { env as sweepEnv } from '../functions/sweep/env.ts';
import { env as tasksEnv } from '../functions/tasks/env.ts';
import { env as viewEnv } from '../functions/view/env.ts';
import { env as webhooksEnv } from '../functions/webhooks/env.ts';
import type { Config } from './config.ts';
import { Alarms } from './constructs/alarms.ts';
import { ChatSecret } from './constructs/chat-secret.ts';
import { Checkpoints } from './constructs/checkpoints.ts';
import { Overview } from './constructs/dashboard.ts';
import { EventDoors, OwnBus } from './constructs/event-bus.ts';
import { PublicApi, peopleThrottle } from './constructs/http-api.ts';
import {
  IntentTypeStack,
  machineOfDelegation,
  machineOfProcedure,
  machineOfType,
} from './constructs/intent-type-stack.ts';
import { reachInternal } from './constructs/internal-targets.ts';
import { LinkKey } from './constructs/link-key.ts';
import { MailEvents } from './constructs/mail-events.ts';
import { MailSender } from './constructs/mail-sender.ts';
import { MediaBucket } from './constructs/media-bucket.ts';
import { type EnvironmentOf, NodeFunction } from './constructs/node-function.ts';
import { OutboxStream } from './constructs/outbox-stream.ts';
import { ProviderSecret } from './constructs/provider-secret.ts';
import { ParkedQueue, QueueWithDeadLetters } from './constructs/queue.ts';
import { RemovalGuard } from './constructs/removal-guard.ts';
import { SweepSchedule } from './constructs/sweep-schedule.ts';
import {
  bearIntents,
  commitIntents,
  countRequests,
  fillMailboxes,
  findAnswers,
  findDigests,
  findLinks,
  findMedia,
  heedStops,
  hurryPushes,
  joinParents,
  keepAccounts,
  keepBindings,
  keepCodes,
  keepDigests,
  keepEvents,
  keepMedia,
  keepMesh,
  keepSessions,
  keepSubscriptions,
  keepWishes,
  knowKeys,
  knowListeners,
  knowSessions,
  listAccounts,
  listAsked,
  listIntents,
  listOwnIntents,
  makeAccounts,
  noteCallbacks,
  openInboxes,
  owePushes,
  payPushes,
  readDecisions,
  readDirectory,
  readEffects,
  readIntents,
  readMailboxes,
  replaceLinks,
  settleOwed,
  spendBudgets,
  submitIntents,
  takeOverdue,
  takePlaces,
  watchHeads,
  writeDirectory,
} from './constructs/table-rights.ts';
import { Tables } from './constructs/tables.ts';
import { ToolFunction } from './constructs/tool-function.ts';
import { WebhookKey } from './constructs/webhook-key.ts';
import { pascalCase } from './names.ts';
import { functionSettings, pushBatchSize, queueConcurrency, stepsTimeoutSeconds } from './settings.ts';
import type { Tool } from './tools.ts';

/** What people decide and see by API, and agents' inboxes; everything else below `/v1` is the agents'. */
const personPaths = [
  '/v1/tasks',
  '/v1/tasks/{proxy+}',
  '/v1/me/{proxy+}',
  '/v1/inbox',
  '/v1/inbox/{proxy+}',
  '/v1/approvals/{proxy+}',
  '/v1/directory/{proxy+}',
];

/** What the registry serves; below a path also the path with a slash at its end, which no route of its own can have. */
const registryPaths = [
  ...['openapi.json', 'capabilities', 'service-accounts', 'schemas'].flatMap((name) => [
    `/v1/${name}`,
    `/v1/${name}/{proxy+}`,
  ]),
  '/v1/users/{proxy+}',
  '/v1/invites/{proxy+}',
  // What is below it, `streams` serves.
  '/v1/agents',
];

/** What the mesh serves. */
const meshPaths = ['/v1/mesh/{proxy+}'];

export interface HoldpointStackProps extends StackProps {
  config: Config;
  intentTypes: readonly IntentType[];
  tools: readonly Tool[];
}

/** Everything of one deployment. It only composes: each capability is a construct. */
export class HoldpointStack extends Stack {
  constructor(scope: Construct, id: string, props: HoldpointStackProps) {
    super(scope, id, { description: 'Holdpoint: durable intents with human approval', ...props });
    const { config, intentTypes } = props;
    const { stage } = config;
    const functions: NodeFunction[] = [];
    const make = <Env extends z.ZodObject>(
      folder: keyof typeof functionSettings,
      env: Env,
      environment: EnvironmentOf<Env>,
    ): NodeFunction => {
      const made = new NodeFunction(this, pascalCase(folder), {
        folder,
        env,
        environment,
        config,
        ...functionSettings[folder],
        ...(folder === 'streams' && { reservedConcurrency: config.streams.reservedConcurrency }),
        ...(folder === 'steps' && { timeoutSeconds: stepsTimeoutSeconds(props.tools) }),
      });
      functions.push(made);
      return made;
    };

    // What holds state
    const tables = new Tables(this, 'Tables', { stage });
    const runsQueue = new QueueWithDeadLetters(this, 'RunsQueue', {
      stage,
      consumerTimeoutSeconds: functionSettings.runs.timeoutSeconds,
    });
    const mailQueue = new QueueWithDeadLetters(this, 'MailQueue', {
      stage,
      consumerTimeoutSeconds: functionSettings.mail.timeoutSeconds,
    });
    const deliverQueue = new QueueWithDeadLetters(this, 'DeliverQueue', {
      stage,
      consumerTimeoutSeconds: functionSettings.deliver.timeoutSeconds,
    });
    const pushQueue = new QueueWithDeadLetters(this, 'PushQueue', {
      stage,
      consumerTimeoutSeconds: functionSettings.push.timeoutSeconds,
    });
    const announceQueue = new QueueWithDeadLetters(this, 'AnnounceQueue', {
      stage,
      consumerTimeoutSeconds: functionSettings.announce.timeoutSeconds,
    });
    const callbacksQueue = new QueueWithDeadLetters(this, 'CallbacksQueue', {
      stage,
      consumerTimeoutSeconds: functionSettings.callbacks.timeoutSeconds,
      tries: maxTries,
    });
    const ownBus = new OwnBus(this, 'Events');
    const parked = new ParkedQueue(this, 'Parked', { stage });
    const linkKey = new LinkKey(this, 'LinkKey', { stage });
    const webhookKey = new WebhookKey(this, 'WebhookKey', { stage });
    const secret = new ProviderSecret(this, 'ProviderKey', { stage });
    const chat = config.chat ? new ChatSecret(this, 'Chat', { stage }) : undefined;
    const sender = new MailSender(this, 'MailSender', { config });
    const publicApi = new PublicApi(this, 'PublicApi', { stage });
    const queueUrls = {
      RUNS_QUEUE_URL: runsQueue.queue.queueUrl,
      MAIL_QUEUE_URL: mailQueue.queue.queueUrl,
      DELIVER_QUEUE_URL: deliverQueue.queue.queueUrl,
      PUSH_QUEUE_URL: pushQueue.queue.queueUrl,
      ANNOUNCE_QUEUE_URL: announceQueue.queue.queueUrl,
    };
    const mailboxesTable = { MAILBOXES_TABLE: tables.mailboxes.tableName };

    // Asked before anything below changes
    const guard = new RemovalGuard(this, 'RemovalGuard', {
      guard: make('guard', guardEnv, { INTENTS_TABLE: tables.environment.INTENTS_TABLE }),
      tables,
      intentTypes,
    });

    // Doors
    const baseUrl = { BASE_URL: config.publicBaseUrl ?? publicApi.url };
    const mailQueueUrl = { MAIL_QUEUE_URL: queueUrls.MAIL_QUEUE_URL };
    const rateLimit = { RATE_LIMIT: String(config.rateLimit) };
    const api = make('api', apiEnv, { ...tables.environment, ...mailboxesTable, ...rateLimit, ...baseUrl });
    const approvals = make('approvals', approvalsEnv, { ...tables.environment, ...mailQueueUrl });
    const inbox = make('inbox', inboxEnv, {
      ...tables.environment,
      ...mailQueueUrl,
      ...baseUrl,
      OIDC_ISSUER: config.oidc?.issuer ?? '',
      OIDC_CLIENT_ID: config.oidc?.clientId ?? '',
      OIDC_SECRET_ARN: config.oidc?.clientSecretArn ?? '',
    });
    if (config.oidc?.clientSecretArn) inbox.allow(['secretsmanager:GetSecretValue'], [config.oidc.clientSecretArn]);
    const view = make('view', viewEnv, tables.environment);
    const tasks = make('tasks', tasksEnv, { ...tables.environment, ...mailboxesTable, ...rateLimit });
    for (const door of [api, approvals, inbox, tasks]) {
      commitIntents(door, tables);
      heedStops(door, tables);
    }
    knowKeys(api, tables);
    findAnswers(api, tables);
    joinParents(api, tables);
    settleOwed(api, tables);
    spendBudgets(api, tables);
    listIntents(api, tables);
    fillMailboxes(api, tables);
    findLinks(approvals, tables);
    knowSessions(approvals, tables);
    keepSessions(inbox, tables);
    keepWishes(inbox, tables);
    listAsked(inbox, tables);
    findMedia(inbox, tables);
    for (const door of [approvals, inbox]) {
      readDirectory(door, tables);
      keepCodes(door, tables);
      mailQueue.filledBy(door);
    }
    readIntents(view, tables);
    for (const door of [api, tasks]) {
      readDirectory(door, tables);
      knowSessions(door, tables);
    }
    knowKeys(tasks, tables);
    findMedia(tasks, tables);
    listAsked(tasks, tables);
    openInboxes(tasks, tables);
    const scim = make('scim', scimEnv, {
      CONTROL_TABLE: tables.environment.CONTROL_TABLE,
      PEOPLE_TABLE: tables.environment.PEOPLE_TABLE,
      ...baseUrl,
    });
    knowKeys(scim, tables);
    writeDirectory(scim, tables);
    const streams = make('streams', streamsEnv, {
      INTENTS_TABLE: tables.environment.INTENTS_TABLE,
      CONTROL_TABLE: tables.environment.CONTROL_TABLE,
      METERS_TABLE: tables.environment.METERS_TABLE,
      ...rateLimit,
      ...mailboxesTable,
      HELD: String(config.streams.held),
    });
    knowKeys(streams, tables);
    listAccounts(streams, tables);
    readIntents(streams, tables);
    watchHeads(streams, tables);
    readMailboxes(streams, tables);
    takePlaces(streams, tables);
    const mcp = make('mcp', mcpEnv, {
      ...tables.environment,
      ...mailboxesTable,
      ...baseUrl,
      ...rateLimit,
      HELD: String(config.streams.held),
    });
    commitIntents(mcp, tables);
    heedStops(mcp, tables);
    spendBudgets(mcp, tables);
    knowKeys(mcp, tables);
    findAnswers(mcp, tables);
    settleOwed(mcp, tables);
    listOwnIntents(mcp, tables);
    watchHeads(mcp, tables);
    takePlaces(mcp, tables);
    const { AUDIT_TABLE, CONTROL_TABLE, PEOPLE_TABLE, METERS_TABLE } = tables.environment;
    const registry = make('registry', registryEnv, { CONTROL_TABLE, METERS_TABLE, ...baseUrl, ...rateLimit });
    knowKeys(registry, tables);
    keepAccounts(registry, tables);
    const receivers = {
      ...mailboxesTable,
      WEBHOOK_KEY_ID: webhookKey.keyId,
      LOCAL_RECEIVERS: config.localReceivers.join(','),
    };
    const bindings = make('bindings', bindingsEnv, {
      ...tables.environment,
      ...receivers,
      ...rateLimit,
      INTERNAL_TARGETS: config.internalTargets.join(','),
    });
    knowKeys(bindings, tables);
    readDirectory(bindings, tables);
    readIntents(bindings, tables);
    keepBindings(bindings, tables);
    hurryPushes(bindings, tables);
    webhookKey.sealedBy(bindings);
    const scenarios = make('scenarios', scenariosEnv, { ...tables.environment, ...rateLimit });
    bearIntents(scenarios, tables);
    heedStops(scenarios, tables);
    spendBudgets(scenarios, tables);
    findAnswers(scenarios, tables);
    knowKeys(scenarios, tables);
    readDirectory(scenarios, tables);
    makeAccounts(scenarios, tables);
    const mesh = make('mesh', meshEnv, { CONTROL_TABLE, METERS_TABLE, ...rateLimit });
    knowKeys(mesh, tables);
    keepMesh(mesh, tables);
    const decisions = make('decisions', decisionsEnv, {
      AUDIT_TABLE,
      CONTROL_TABLE,
      PEOPLE_TABLE,
      METERS_TABLE,
      ...rateLimit,
    });
    readDecisions(decisions, tables);
    knowKeys(decisions, tables);
    knowSessions(decisions, tables);
    readDirectory(decisions, tables);
    const mediaBucket = new MediaBucket(this, 'MediaFiles', { stage });
    const media = make('media', mediaEnv, {
      ...tables.environment,
      ...rateLimit,
      MEDIA_BUCKET: mediaBucket.bucketName,
      ...baseUrl,
    });
    commitIntents(media, tables);
    knowKeys(media, tables);
    keepMedia(media, tables);
    knowSessions(media, tables);
    readDirectory(media, tables);
    mediaBucket.usedBy(media);
    const webhooksTable = { WEBHOOKS_TABLE: tables.webhooks.tableName };
    const callbacks = {
      ...webhooksTable,
      WEBHOOK_KEY_ID: webhookKey.keyId,
      LOCAL_RECEIVERS: config.localReceivers.join(','),
    };
    const callbacksQueueUrl = { CALLBACKS_QUEUE_URL: callbacksQueue.queue.queueUrl };
    const webhooks = make('webhooks', webhooksEnv, {
      CONTROL_TABLE,
      METERS_TABLE,
      ...rateLimit,
      ...callbacks,
      ...callbacksQueueUrl,
    });
    knowKeys(webhooks, tables);
    keepSubscriptions(webhooks, tables);
    webhookKey.sealedBy(webhooks);
    callbacksQueue.filledBy(webhooks);
    const doorsOfAgents = [api, tasks, streams, mcp, registry, bindings, scenarios, webhooks, mesh, decisions, media];
    for (const door of doorsOfAgents) countRequests(door, tables);
    publicApi.route(api, [
      { path: '/a/{proxy+}', to: approvals, throttle: peopleThrottle },
      { path: '/files/{proxy+}', to: media, throttle: peopleThrottle },
      { path: '/v1/media/{proxy+}', to: media },
      { path: '/v1/webhooks/{proxy+}', to: webhooks },
      { path: '/v1/intents/{id}/resume-state', to: media },
      { path: '/v1/intents/{id}/resume-state/{proxy+}', to: media },
      { path: '/v1/intents/{id}/events/stream', to: streams },
      { path: '/v1/agents/{proxy+}', to: streams },
      { path: '/v1/agents/{proxy+}', methods: [HttpMethod.PUT, HttpMethod.POST, HttpMethod.DELETE], to: bindings },
      { path: '/v1/intents/{id}/deliveries/{proxy+}', to: bindings },
      { path: '/mcp', to: mcp },
      { path: '/mcp/{proxy+}', to: mcp },
      { path: '/inbox', to: inbox, throttle: peopleThrottle },
      { path: '/inbox/{proxy+}', to: inbox, throttle: peopleThrottle },
      { path: '/v1/sign-in', to: inbox, throttle: peopleThrottle },
      { path: '/v1/sign-in/{proxy+}', to: inbox, throttle: peopleThrottle },
      { path: '/v1/sign-out', to: inbox, throttle: peopleThrottle },
      { path: '/v1/sign-out/{proxy+}', to: inbox, throttle: peopleThrottle },
      { path: '/v1/decisions', to: decisions, throttle: peopleThrottle },
      { path: '/v1/decisions/{proxy+}', to: decisions, throttle: peopleThrottle },
      { path: '/scim/v2/{proxy+}', to: scim, throttle: peopleThrottle },
      { path: '/r/{proxy+}', to: view, throttle: peopleThrottle },
      ...personPaths.map((path) => ({ path, to: tasks })),
      ...registryPaths.map((path) => ({ path, to: registry })),
      { path: '/v1/scenarios/{proxy+}', to: scenarios },
      ...meshPaths.map((path) => ({ path, to: mesh })),
    ]);

    // Steps, tools, and a state machine for each intent type and for delegation
    const tools = new Map(
      props.tools.map((tool) => {
        const made = new ToolFunction(this, `Tool${pascalCase(tool.contract.name)}`, { tool, config, tables, secret });
        functions.push(made);
        return [tool.contract.name, made] as const;
      }),
    );
    const readTools = props.tools
      .filter(({ contract }) => contract.effectClass === 'read')
      .map(({ contract: { name } }) => [name, tools.get(name)?.alias.functionArn ?? ''] as const);
    const steps = make('steps', stepsEnv, {
      ...tables.environment,
      READ_TOOLS: this.toJsonString(Object.fromEntries(readTools)),
    });
    commitIntents(steps, tables);
    readEffects(steps, tables);
    readDirectory(steps, tables);
    // A procedure's parts are born here.
    joinParents(steps, tables);
    settleOwed(steps, tables);
    heedStops(steps, tables);
    spendBudgets(steps, tables);
    if (readTools.length > 0) {
      steps.allow(
        ['lambda:InvokeFunction'],
        readTools.map(([, arn]) => arn),
      );
    }
    const stateMachineArns = Object.fromEntries(
      [...intentTypes.map(machineOfType), machineOfDelegation, machineOfProcedure].map((machine) => {
        const one = new IntentTypeStack(this, pascalCase(machine.name), { machine, config, steps, tools });
        guard.before(one);
        return [machine.name, one.stateMachine.stateMachineArn] as const;
      }),
    );

    // Consequences: outbox rows by the stream, and by the clock where the stream lost them
    const runs = make('runs', runsEnv, {
      ...tables.environment,
      QUEUE_URL: queueUrls.RUNS_QUEUE_URL,
      STATE_MACHINES: this.toJsonString(stateMachineArns),
    });
    commitIntents(runs, tables);
    settleOwed(runs, tables);
    runs.allow(['states:StartExecution'], Object.values(stateMachineArns));
    runs.allow(['states:SendTaskSuccess', 'states:SendTaskFailure'], ['*']);
    runsQueue.consumedBy(runs, queueConcurrency.runs);

    const mail = make('mail', mailEnv, {
      ...tables.environment,
      QUEUE_URL: queueUrls.MAIL_QUEUE_URL,
      LINK_KEY_ID: linkKey.keyId,
      SENDER: config.sender,
      ...baseUrl,
      CONFIGURATION_SET: sender.set.configurationSetName,
      CHAT_SECRET_ARN: chat?.arn ?? '',
    });
    chat?.usedBy(mail);
    commitIntents(mail, tables);
    findLinks(mail, tables);
    readDirectory(mail, tables);
    replaceLinks(mail, tables);
    settleOwed(mail, tables);
    keepCodes(mail, tables);
    keepDigests(mail, tables);
    heedStops(mail, tables);
    linkKey.usedBy(mail);
    sender.usedBy(mail);
    mailQueue.consumedBy(mail, queueConcurrency.mail);

    const deliver = make('deliver', deliverEnv, {
      ...tables.environment,
      ...mailboxesTable,
      QUEUE_URL: queueUrls.DELIVER_QUEUE_URL,
    });
    commitIntents(deliver, tables);
    settleOwed(deliver, tables);
    fillMailboxes(deliver, tables);
    owePushes(deliver, tables);
    heedStops(deliver, tables);
    deliverQueue.consumedBy(deliver, queueConcurrency.deliver);

    const push = make('push', pushEnv, {
      ...tables.environment,
      ...receivers,
      ...mailQueueUrl,
      QUEUE_URL: queueUrls.PUSH_QUEUE_URL,
      DEAD_LETTERS_URL: pushQueue.deadLetters.queueUrl,
    });
    commitIntents(push, tables);
    payPushes(push, tables);
    heedStops(push, tables);
    webhookKey.openedBy(push);
    pushQueue.consumedBy(push, queueConcurrency.push, pushBatchSize);
    pushQueue.filledBy(push);
    mailQueue.filledBy(push);
    push.allow(['sqs:SendMessage'], [pushQueue.deadLetters.queueArn]);
    for (const arn of config.internalTargets) reachInternal(push, arn);
    const announce = make('announce', announceEnv, {
      ...tables.environment,
      ...webhooksTable,
      ...callbacksQueueUrl,
      BUS_NAME: ownBus.bus.eventBusName,
      QUEUE_URL: queueUrls.ANNOUNCE_QUEUE_URL,
    });
    readIntents(announce, tables);
    settleOwed(announce, tables);
    keepEvents(announce, tables);
    ownBus.filledBy(announce);
    callbacksQueue.filledBy(announce);
    announceQueue.consumedBy(announce, queueConcurrency.announce);
    const callback = make('callbacks', callbacksEnv, { ...callbacks, QUEUE_URL: callbacksQueue.queue.queueUrl });
    noteCallbacks(callback, tables);
    webhookKey.openedBy(callback);
    callbacksQueue.consumedBy(callback, queueConcurrency.callbacks);

    // What begins by an event
    const { doors } = config.events;
    if (doors.length > 0) {
      const door = make('event-door', eventDoorEnv, { ...tables.environment, PARKED_QUEUE_URL: parked.queueUrl });
      submitIntents(door, tables);
      heedStops(door, tables);
      spendBudgets(door, tables);
      knowListeners(door, tables);
      findAnswers(door, tables);
      joinParents(door, tables);
      new EventDoors(this, 'EventDoors', { doors, own: ownBus.bus, door, parked });
    }

    const mailEvents = make('mail-events', mailEventsEnv, tables.environment);
    commitIntents(mailEvents, tables);
    readDirectory(mailEvents, tables);
    findDigests(mailEvents, tables);
    new MailEvents(this, 'UndeliverableMails', { set: sender.set, events: mailEvents, parked });

    const dispatch = make('dispatch', dispatchEnv, { ...queueUrls, PARKED_QUEUE_URL: parked.queueUrl });
    new OutboxStream(this, 'OutboxStream', { tables, dispatch, parked });

    const sweep = make('sweep', sweepEnv, { ...tables.environment, ...queueUrls });
    commitIntents(sweep, tables);
    takeOverdue(sweep, tables);
    new SweepSchedule(this, 'SweepSchedule', { sweep });

    // The witness of the audit chains
    const checkpoints = new Checkpoints(this, 'Checkpoints', { stage });
    const witness = { INTENTS_TABLE: tables.environment.INTENTS_TABLE, ...checkpoints.environment };
    checkpoints.madeBy(make('checkpoint', checkpointEnv, witness), tables);

    for (const producer of [dispatch, sweep]) {
      runsQueue.filledBy(producer);
      mailQueue.filledBy(producer);
      deliverQueue.filledBy(producer);
      pushQueue.filledBy(producer);
      announceQueue.filledBy(producer);
    }

    guard.before(...functions.filter(({ name }) => name !== 'guard').map(({ function: made }) => made));

    // Seen from outside
    const deadLetters = {
      ParkedRecords: parked,
      RunsDeadLetters: runsQueue.deadLetters,
      MailDeadLetters: mailQueue.deadLetters,
      DeliverDeadLetters: deliverQueue.deadLetters,
      PushDeadLetters: pushQueue.deadLetters,
      AnnounceDeadLetters: announceQueue.deadLetters,
      CallbacksDeadLetters: callbacksQueue.deadLetters,
    };
    new Alarms(this, 'Alarms', { config, deadLetters, watched: [steps, dispatch, sweep], api: publicApi });
    new Overview(this, 'Overview', { deadLetters });

    this.#output({
      ApiUrl: publicApi.url,
      IntentsTable: tables.intents.tableName,
      EffectsTable: tables.effects.tableName,
      AuditTable: tables.audit.tableName,
      ControlTable: tables.control.tableName,
      PeopleTable: tables.people.tableName,
      MailboxesTable: tables.mailboxes.tableName,
      WebhooksTable: tables.webhooks.tableName,
      EventBusName: ownBus.bus.eventBusName,
      MetersTable: tables.meters.tableName,
      RunsQueueUrl: queueUrls.RUNS_QUEUE_URL,
      MailQueueUrl: queueUrls.MAIL_QUEUE_URL,
      DeliverQueueUrl: queueUrls.DELIVER_QUEUE_URL,
      PushQueueUrl: queueUrls.PUSH_QUEUE_URL,
      RunsDeadLettersUrl: runsQueue.deadLetters.queueUrl,
      MailDeadLettersUrl: mailQueue.deadLetters.queueUrl,
      DeliverDeadLettersUrl: deliverQueue.deadLetters.queueUrl,
      PushDeadLettersUrl: pushQueue.deadLetters.queueUrl,
      AnnounceQueueUrl: queueUrls.ANNOUNCE_QUEUE_URL,
      AnnounceDeadLettersUrl: announceQueue.deadLetters.queueUrl,
      CallbacksQueueUrl: callbacksQueue.queue.queueUrl,
      CallbacksDeadLettersUrl: callbacksQueue.deadLetters.queueUrl,
      ParkedUrl: parked.queueUrl,
      CheckpointBucket: checkpoints.environment.CHECKPOINT_BUCKET,
      CheckpointKeyId: checkpoints.environment.CHECKPOINT_KEY_ID,
      WebhookKeyId: webhookKey.keyId,
      MediaBucket: mediaBucket.bucketName,
      SweepFunction: sweep.function.functionName,
      ProviderSecretArn: secret.arn,
      ...(chat ? { ChatSecretArn: chat.arn } : {}),
      StateMachines: this.toJsonString(stateMachineArns),
      Functions: this.toJsonString(
        Object.fromEntries(functions.map(({ name, function: { functionName } }) => [name, functionName])),
      ),
    });
  }

  /** What the command line, the local stack and the tests need to find. */
  #output(values: Record<string, string>): void {
    for (const [name, value] of Object.entries(values)) new CfnOutput(this, name, { value });
  }
}
