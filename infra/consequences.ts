import { env as announceEnv } from '../functions/announce/env.ts';
import { env as callbacksEnv } from '../functions/callbacks/env.ts';
import { env as deliverEnv } from '../functions/deliver/env.ts';
import { env as dispatchEnv } from '../functions/dispatch/env.ts';
import { env as mailEnv } from '../functions/mail/env.ts';
import { env as mailEventsEnv } from '../functions/mail-events/env.ts';
import { env as pushEnv } from '../functions/push/env.ts';
import { env as runsEnv } from '../functions/runs/env.ts';
import { env as sweepEnv } from '../functions/sweep/env.ts';
import { reachInternal } from './constructs/internal-targets.ts';
import { MailEvents } from './constructs/mail-events.ts';
import { OutboxStream } from './constructs/outbox-stream.ts';
import { SweepSchedule } from './constructs/sweep-schedule.ts';
import {
  commitIntents,
  fillMailboxes,
  findDigests,
  findLinks,
  heedStops,
  keepCodes,
  keepDigests,
  keepEvents,
  noteCallbacks,
  owePushes,
  payPushes,
  readDirectory,
  readIntents,
  replaceLinks,
  settleOwed,
  takeOverdue,
} from './constructs/table-rights.ts';
import type { Foundation } from './foundation.ts';
import { pushBatchSize, queueConcurrency } from './settings.ts';

/** What follows a commit: outbox rows go out by the stream, and by the clock where the stream lost them. */
export function consequences(base: Foundation, stateMachineArns: Record<string, string>) {
  runs(base, stateMachineArns);
  mail(base);
  deliver(base);
  push(base);
  announce(base);
  callbacks(base);
  mailEvents(base);
  const producers = { dispatch: dispatch(base), sweep: sweep(base) };
  const { callbacks: _ownProducers, ...owed } = base.queues;
  for (const producer of Object.values(producers)) for (const queue of Object.values(owed)) queue.filledBy(producer);
  return producers;
}

/** Starts runs and wakes them. */
function runs(base: Foundation, stateMachineArns: Record<string, string>): void {
  const { tables, environment } = base;
  const worker = base.make('runs', runsEnv, {
    ...environment.tables,
    QUEUE_URL: environment.queueUrls.RUNS_QUEUE_URL,
    STATE_MACHINES: base.stack.toJsonString(stateMachineArns),
  });
  commitIntents(worker, tables);
  settleOwed(worker, tables);
  worker.allow(['states:StartExecution'], Object.values(stateMachineArns));
  worker.allow(['states:SendTaskSuccess', 'states:SendTaskFailure'], ['*']);
  base.queues.runs.consumedBy(worker, queueConcurrency.runs);
}

/** Mails people, and posts into their chats. */
function mail(base: Foundation): void {
  const { tables, environment, chat, sender, linkKey } = base;
  const worker = base.make('mail', mailEnv, {
    ...environment.tables,
    ...environment.baseUrl,
    QUEUE_URL: environment.queueUrls.MAIL_QUEUE_URL,
    LINK_KEY_ID: linkKey.keyId,
    SENDER: base.declared.config.sender,
    CONFIGURATION_SET: sender.set.configurationSetName,
    CHAT_SECRET_ARN: chat?.arn ?? '',
  });
  chat?.usedBy(worker);
  commitIntents(worker, tables);
  findLinks(worker, tables);
  readDirectory(worker, tables);
  replaceLinks(worker, tables);
  settleOwed(worker, tables);
  keepCodes(worker, tables);
  keepDigests(worker, tables);
  heedStops(worker, tables);
  linkKey.usedBy(worker);
  sender.usedBy(worker);
  base.queues.mail.consumedBy(worker, queueConcurrency.mail);
}

/** Puts what agents are told into their mailboxes. */
function deliver(base: Foundation): void {
  const { tables, environment } = base;
  const worker = base.make('deliver', deliverEnv, {
    ...environment.tables,
    ...environment.mailboxes,
    QUEUE_URL: environment.queueUrls.DELIVER_QUEUE_URL,
  });
  commitIntents(worker, tables);
  settleOwed(worker, tables);
  fillMailboxes(worker, tables);
  owePushes(worker, tables);
  heedStops(worker, tables);
  base.queues.deliver.consumedBy(worker, queueConcurrency.deliver);
}

/** Brings what lies in mailboxes to where agents want it. */
function push(base: Foundation): void {
  const { tables, environment, queues } = base;
  const worker = base.make('push', pushEnv, {
    ...environment.tables,
    ...environment.mailboxes,
    ...environment.receivers,
    ...environment.mailQueue,
    QUEUE_URL: environment.queueUrls.PUSH_QUEUE_URL,
    DEAD_LETTERS_URL: queues.push.deadLetters.queueUrl,
  });
  commitIntents(worker, tables);
  payPushes(worker, tables);
  heedStops(worker, tables);
  readDirectory(worker, tables);
  base.webhookKey.openedBy(worker);
  queues.push.consumedBy(worker, queueConcurrency.push, pushBatchSize);
  queues.push.filledBy(worker);
  queues.mail.filledBy(worker);
  worker.allow(['sqs:SendMessage'], [queues.push.deadLetters.queueArn]);
  for (const arn of base.declared.config.internalTargets) reachInternal(worker, arn);
}

/** Tells the bus and the subscriptions of events. */
function announce(base: Foundation): void {
  const { tables, environment, queues } = base;
  const worker = base.make('announce', announceEnv, {
    ...environment.tables,
    ...environment.webhooks,
    ...environment.callbacksQueue,
    BUS_NAME: base.bus.bus.eventBusName,
    QUEUE_URL: environment.queueUrls.ANNOUNCE_QUEUE_URL,
  });
  readIntents(worker, tables);
  settleOwed(worker, tables);
  keepEvents(worker, tables);
  base.bus.filledBy(worker);
  queues.callbacks.filledBy(worker);
  queues.announce.consumedBy(worker, queueConcurrency.announce);
}

/** Calls the addresses of subscriptions. */
function callbacks(base: Foundation): void {
  const { environment, queues } = base;
  const worker = base.make('callbacks', callbacksEnv, {
    ...environment.webhooks,
    ...environment.receivers,
    QUEUE_URL: queues.callbacks.queue.queueUrl,
  });
  noteCallbacks(worker, base.tables);
  base.webhookKey.openedBy(worker);
  queues.callbacks.consumedBy(worker, queueConcurrency.callbacks);
}

/** Hears which mails did not arrive. */
function mailEvents(base: Foundation): void {
  const { tables, parked } = base;
  const worker = base.make('mail-events', mailEventsEnv, base.environment.tables);
  commitIntents(worker, tables);
  readDirectory(worker, tables);
  findDigests(worker, tables);
  new MailEvents(base.stack, 'UndeliverableMails', { set: base.sender.set, events: worker, parked });
}

/** Sends what a commit owes as soon as it is there. */
function dispatch(base: Foundation) {
  const { tables, environment, parked } = base;
  const worker = base.make('dispatch', dispatchEnv, { ...environment.queueUrls, ...environment.parkedQueue });
  new OutboxStream(base.stack, 'OutboxStream', { tables, dispatch: worker, parked });
  return worker;
}

/** Sends what is overdue. */
function sweep(base: Foundation) {
  const { tables, environment } = base;
  const worker = base.make('sweep', sweepEnv, { ...environment.tables, ...environment.queueUrls });
  commitIntents(worker, tables);
  takeOverdue(worker, tables);
  new SweepSchedule(base.stack, 'SweepSchedule', { sweep: worker });
  return worker;
}
