/** One agent's, or one person's, way to a deployment. */

import { Agents } from './agents.ts';
import { type AskOptions, type Decision, decisionIn, type Question, waitForHuman } from './human.ts';
import { type Handler, type ListenOptions, listen } from './listen.ts';
import { Inbox, People, Tasks } from './people.ts';
import { Scenarios } from './scenarios.ts';
import {
  type AnswerOptions,
  type Call,
  type CallOptions,
  type ChangeOptions,
  Transport,
  type TransportOptions,
} from './transport.ts';
import type {
  AgentAnswer,
  Claimed,
  ClaimWish,
  Created,
  EventsQuery,
  Intent,
  IntentEvent,
  IntentsPage,
  IntentsQuery,
  NewIntent,
  Released,
  ReleaseWish,
  Resolution,
  Resolved,
  Resumed,
} from './types.ts';
import { type WaitOptions, type WatchOptions, waitFor, watch } from './watch.ts';

export type HoldpointClientOptions = TransportOptions;

/** Every method throws ApiError or one of its kinds, ConnectionError, TimeoutError, or the signal's reason. */
export class HoldpointClient {
  readonly tasks: Tasks;
  readonly inbox: Inbox;
  readonly people: People;
  readonly agents: Agents;
  readonly scenarios: Scenarios;
  readonly #transport: Transport;

  /** Throws TypeError for a base URL or key that can't be one. */
  constructor(options: HoldpointClientOptions) {
    this.#transport = new Transport(options);
    const call = this.request.bind(this);
    this.tasks = new Tasks(call);
    this.inbox = new Inbox(call);
    this.people = new People(call);
    this.agents = new Agents(call);
    this.scenarios = new Scenarios(call);
  }

  /** Any call of the API, as `docs/openapi.json` has them: for what has no method of its own. */
  request<T = unknown>(call: Call): Promise<T> {
    return this.#transport.call<T>(call);
  }

  /** Asks for something. Repeated with the same `idempotencyKey`, also from another process, it is the same intent. */
  submit(intent: NewIntent, options: ChangeOptions = {}): Promise<Created> {
    return this.request({ method: 'POST', path: '/v1/intents', body: intent, ...options });
  }

  /** The intent as it is now. */
  async get(intentId: string, options: CallOptions = {}): Promise<Intent> {
    const { intent } = await this.request<{ intent: Intent }>({ method: 'GET', path: pathOf(intentId), ...options });
    return intent;
  }

  /** One page of the tenant's intents, the newest first. */
  list(query: IntentsQuery = {}, options: CallOptions = {}): Promise<IntentsPage> {
    return this.request({ method: 'GET', path: '/v1/intents', query, ...options });
  }

  /** Its events after number `since`, in order. */
  async events(intentId: string, query: EventsQuery = {}, options: CallOptions = {}): Promise<IntentEvent[]> {
    const path = `${pathOf(intentId)}/events`;
    const { events } = await this.request<{ events: IntentEvent[] }>({ method: 'GET', path, query, ...options });
    return events;
  }

  /** The agent that it was delivered to ends it, or the one that asked withdraws it. */
  resolve(intentId: string, resolution: Resolution, options: AnswerOptions = {}): Promise<Resolved> {
    return this.request({ method: 'POST', path: `${pathOf(intentId)}/resolve`, body: resolution, ...options });
  }

  /** Withdraws what this agent has asked for. */
  cancel(intentId: string, reason: string, options: ChangeOptions = {}): Promise<Resolved> {
    return this.resolve(intentId, { status: 'CANCELED', reason }, options);
  }

  /** The agent answers what it was given, or what people asked to be changed; or a person decides. */
  resume(intentId: string, answer: AgentAnswer, options: AnswerOptions = {}): Promise<Resumed> {
    return this.request({ method: 'POST', path: `${pathOf(intentId)}/resume`, body: answer, ...options });
  }

  /** Takes on what was delivered to this agent, for a while; with the token of a claim it renews that. */
  claim(intentId: string, wish: ClaimWish, options: AnswerOptions = {}): Promise<Claimed> {
    return this.request({ method: 'POST', path: `${pathOf(intentId)}/claim`, body: wish, ...options });
  }

  /** Gives back what was claimed, under its token: it is given out again after a pause, or has failed where that was its last attempt. */
  release(intentId: string, wish: ReleaseWish, options: AnswerOptions = {}): Promise<Released> {
    return this.request({ method: 'POST', path: `${pathOf(intentId)}/release`, body: wish, ...options });
  }

  /** Its events as they happen, each once and in order; ends with the one that ends the intent. Throws TimeoutError besides. */
  watch(intentId: string, options: WatchOptions = {}): AsyncGenerator<IntentEvent, void> {
    return watch(this, this.#transport, intentId, options);
  }

  /**
   * The intent once it has ended, however long that takes; by default a week at the most (TimeoutError). Connections may break,
   * the deployment may restart; and where this process ends, the next one needs the id alone.
   */
  waitFor(intentId: string, options: WaitOptions = {}): Promise<Intent> {
    return waitFor(this, this.#transport, intentId, options);
  }

  /**
   * Asks a person, and waits for the decision. Throws NotDecidedError where there is none in the end.
   * With an `idempotencyKey` of your own, the same call after a restart goes on with the same question.
   */
  waitForHuman(question: Question, options: AskOptions = {}): Promise<Decision> {
    return waitForHuman(this, question, options);
  }

  /** Waits for the decision of what was asked before. Throws NotDecidedError where there is none in the end. */
  async decisionOf(intentId: string, options: WaitOptions = {}): Promise<Decision> {
    return decisionIn(await this.waitFor(intentId, options));
  }

  /**
   * Works as an agent, with its own key: claims what is delivered to it, renews the claim while `handler` works, and answers with
   * what that gives. Goes on until `signal` is aborted.
   */
  listen(address: string, handler: Handler, options: ListenOptions = {}): Promise<void> {
    return listen(this, this.#transport, address, handler, options);
  }
}

const pathOf = (intentId: string): string => `/v1/intents/${encodeURIComponent(intentId)}`;
