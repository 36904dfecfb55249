import type { Stack } from 'aws-cdk-lib';
import type { z } from 'zod';
import type { IntentType } from '../core/intent-type.ts';
import { maxTries } from '../functions/callbacks/tries.ts';
import type { Config } from './config.ts';
import { ChatSecret } from './constructs/chat-secret.ts';
import { OwnBus } from './constructs/event-bus.ts';
import { PublicApi } from './constructs/http-api.ts';
import { LinkKey } from './constructs/link-key.ts';
import { MailSender } from './constructs/mail-sender.ts';
import { type EnvironmentOf, NodeFunction } from './constructs/node-function.ts';
import { ParkedQueue, QueueWithDeadLetters } from './constructs/queue.ts';
import { Tables } from './constructs/tables.ts';
import { WebhookKey } from './constructs/webhook-key.ts';
import { pascalCase } from './names.ts';
import { functionSettings, stepsTimeoutSeconds } from './settings.ts';
import type { Tool } from './tools.ts';

/** What a deployment is made of. */
export interface Declared {
  config: Config;
  intentTypes: readonly IntentType[];
  tools: readonly Tool[];
}

/** What all functions of a deployment stand on: tables, queues, keys, the way in and out; and how a function is made. */
export class Foundation {
  readonly stack: Stack;
  readonly declared: Declared;
  readonly tables: Tables;
  readonly queues: Record<'runs' | 'mail' | 'deliver' | 'push' | 'announce' | 'callbacks', QueueWithDeadLetters>;
  readonly parked: ParkedQueue;
  readonly bus: OwnBus;
  readonly linkKey: LinkKey;
  readonly webhookKey: WebhookKey;
  readonly chat: ChatSecret | undefined;
  readonly sender: MailSender;
  readonly publicApi: PublicApi;
  /** All that was made, in the order of making. */
  readonly functions: NodeFunction[] = [];
  /** Parts of environments that several functions have. */
  readonly environment;

  constructor(stack: Stack, declared: Declared) {
    this.stack = stack;
    this.declared = declared;
    const { config } = declared;
    const { stage } = config;
    this.tables = new Tables(stack, 'Tables', { stage });
    const queue = (folder: keyof typeof this.queues, tries?: number) =>
      new QueueWithDeadLetters(stack, `${pascalCase(folder)}Queue`, {
        stage,
        consumerTimeoutSeconds: functionSettings[folder].timeoutSeconds,
        ...(tries !== undefined && { tries }),
      });
    this.queues = {
      runs: queue('runs'),
      mail: queue('mail'),
      deliver: queue('deliver'),
      push: queue('push'),
      announce: queue('announce'),
      callbacks: queue('callbacks', maxTries),
    };
    this.bus = new OwnBus(stack, 'Events');
    this.parked = new ParkedQueue(stack, 'Parked', { stage });
    this.linkKey = new LinkKey(stack, 'LinkKey', { stage });
    this.webhookKey = new WebhookKey(stack, 'WebhookKey', { stage });
    this.chat = config.chat ? new ChatSecret(stack, 'Chat', { stage }) : undefined;
    this.sender = new MailSender(stack, 'MailSender', { config });
    this.publicApi = new PublicApi(stack, 'PublicApi', { stage });
    this.environment = this.#shared();
  }

  #shared() {
    const { config } = this.declared;
    const { runs, mail, deliver, push, announce, callbacks } = this.queues;
    const queueUrls = {
      RUNS_QUEUE_URL: runs.queue.queueUrl,
      MAIL_QUEUE_URL: mail.queue.queueUrl,
      DELIVER_QUEUE_URL: deliver.queue.queueUrl,
      PUSH_QUEUE_URL: push.queue.queueUrl,
      ANNOUNCE_QUEUE_URL: announce.queue.queueUrl,
    };
    return {
      /** Intents, their records, keys and stops, people, meters. */
      tables: this.tables.environment,
      mailboxes: { MAILBOXES_TABLE: this.tables.mailboxes.tableName },
      webhooks: { WEBHOOKS_TABLE: this.tables.webhooks.tableName },
      baseUrl: { BASE_URL: config.publicBaseUrl ?? this.publicApi.url },
      rateLimit: { RATE_LIMIT: String(config.rateLimit) },
      held: { HELD: String(config.streams.held) },
      /** Where what is owed is sent. */
      queueUrls,
      mailQueue: { MAIL_QUEUE_URL: queueUrls.MAIL_QUEUE_URL },
      callbacksQueue: { CALLBACKS_QUEUE_URL: callbacks.queue.queueUrl },
      parkedQueue: { PARKED_QUEUE_URL: this.parked.queueUrl },
      /** Whoever signs for other people's addresses, or seals what signs. */
      receivers: { WEBHOOK_KEY_ID: this.webhookKey.keyId, LOCAL_RECEIVERS: config.localReceivers.join(',') },
    };
  }

  /**
   * Makes the function of a folder, with a role that may nothing yet.
   *
   * @param environment what its schema `env` asks for
   */
  make<Env extends z.ZodObject>(
    folder: keyof typeof functionSettings,
    env: Env,
    environment: EnvironmentOf<Env>,
  ): NodeFunction {
    const { config, tools } = this.declared;
    const made = new NodeFunction(this.stack, pascalCase(folder), {
      folder,
      env,
      environment,
      config,
      ...functionSettings[folder],
      ...(folder === 'streams' && { reservedConcurrency: config.streams.reservedConcurrency }),
      ...(folder === 'mcp' && { reservedConcurrency: config.streams.mcpReservedConcurrency }),
      ...(folder === 'steps' && { timeoutSeconds: stepsTimeoutSeconds(tools) }),
    });
    this.functions.push(made);
    return made;
  }
}
