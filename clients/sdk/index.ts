export { HoldpointClient, type HoldpointClientOptions } from './client.ts';
export * from './errors.ts';
export type { AnswerOptions, Call, CallOptions, ChangeOptions } from './transport.ts';
export type * from './types.ts';
