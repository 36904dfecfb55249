export type { MailboxQuery } from './agents.ts';
export { HoldpointClient, type HoldpointClientOptions } from './client.ts';
export * from './errors.ts';
export { type AskOptions, type Decision, NotDecidedError, type Question } from './human.ts';
export { AgentFailure, type Handler, type ListenOptions, type Work } from './listen.ts';
export type { TaskOptions } from './people.ts';
export type { Time } from './retry.ts';
export type { AnswerOptions, Call, CallOptions, ChangeOptions } from './transport.ts';
export type * from './types.ts';
export type { WaitOptions, WatchOptions } from './watch.ts';
export {
  verifyWebhook,
  type Webhook,
  type WebhookOptions,
  type WebhookRequest,
  WebhookVerificationError,
} from './webhooks.ts';
