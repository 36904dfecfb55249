/** Agents of the tenant, and what was delivered to one of them. */

import type { Call, CallOptions } from './transport.ts';
import type { Agent, AgentDetails, MailboxPage, Status } from './types.ts';

export type Caller = <T>(call: Call) => Promise<T>;

export interface MailboxQuery {
  /** The last number that was seen. */
  since?: number | undefined;
  /** By default what is to be worked on. */
  status?: readonly Status[] | undefined;
  limit?: number | undefined;
}

/** The path of an agent, by whatever form of its address. */
export const agentPath = (address: string): string =>
  `/v1/agents/${address
    .replace(/^agent:\/\//, '')
    .split('/')
    .map(encodeURIComponent)
    .join('/')}`;

export class Agents {
  readonly #call: Caller;
  constructor(call: Caller) {
    this.#call = call;
  }

  async list(options: CallOptions = {}): Promise<Agent[]> {
    return (await this.#call<{ agents: Agent[] }>({ method: 'GET', path: '/v1/agents', ...options })).agents;
  }

  async get(address: string, options: CallOptions = {}): Promise<AgentDetails> {
    const call = { method: 'GET', path: agentPath(address), ...options } as const;
    return (await this.#call<{ agent: AgentDetails }>(call)).agent;
  }

  /** What was delivered to it after number `since`, at once; its own key reads it. */
  mailbox(address: string, query: MailboxQuery = {}, options: CallOptions = {}): Promise<MailboxPage> {
    return this.#call({ method: 'GET', path: `${agentPath(address)}/intents`, query: { ...query }, ...options });
  }
}
