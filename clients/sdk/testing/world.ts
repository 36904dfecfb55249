/** A deployment of one's own for a test: the rules, the state machines and the routes of a real one, in memory, with time that one moves. */

import type { Person } from '../../../core/directory.ts';
import { Directory } from '../../../core/directory.ts';
import { MethodNotAllowed, NotFound } from '../../../core/errors.ts';
import type { IntentType } from '../../../core/intent-type.ts';
import { approval } from '../../../intents/approval.ts';
import { knownAddress } from '../../../wire/addresses.ts';
import { errorAnswer } from '../../../wire/errors.ts';
import { givenIn } from '../../../wire/query.ts';
import { type RouteSpec, routeOf } from '../../../wire/routes.ts';
import { isTraceId } from '../../../wire/trace-id.ts';
import { HoldpointClient } from '../client.ts';
import type { Time } from '../retry.ts';
import type { DecidedTask, TaskDecision } from '../types.ts';
import { agentsDoor } from './agents-door.ts';
import { Clock } from './clock.ts';
import { House, type Tool } from './house.ts';
import { Keys } from './keys.ts';
import { peoplesDoor } from './people-door.ts';
import { bodyIn } from './request.ts';

export interface TestWorldOptions {
  /** Types that are declared, beside `intent.approval.v1`. */
  types?: readonly IntentType[];
  /** The directory; by default Ada and Ben, both of the role `approvers`. */
  people?: readonly Person[];
  /** What the types' tools do, by name; those that read too. */
  tools?: Readonly<Record<string, Tool>>;
  /** When it begins, ISO 8601. */
  now?: string;
  /** `<org>/<workspace>` of its agents. */
  tenant?: string;
}

/** Which task is meant, where a person has several, and what is said with the decision; its reason is `other` by default. */
export type Choice = Partial<Omit<TaskDecision, 'outcome' | 'plan_hash'>> & { intent_id?: string };

const defaultPeople: readonly Person[] = ['ada', 'ben'].map((id) => ({
  id,
  name: `${id.charAt(0).toUpperCase()}${id.slice(1)} Example`,
  mail: `${id}@example.com`,
  roles: ['approvers'],
}));

export class TestWorld {
  /** Nobody is there: requests go to `fetch` alone. */
  readonly baseUrl = 'http://holdpoint.test';
  readonly #house: House;
  readonly #keys: Keys;
  readonly #tenant: string;
  readonly #doors: ReturnType<typeof agentsDoor>;

  constructor(options: TestWorldOptions) {
    const { types = [], people = defaultPeople, tools = {}, now = new Date().toISOString() } = options;
    const { tenant = 'test/main' } = options;
    this.#tenant = tenant;
    this.#house = new House(new Clock(Date.parse(now)), new Directory(people), [approval, ...types], tools);
    this.#keys = new Keys(this.#house);
    this.#doors = { ...agentsDoor(this.#house, this.#keys), ...peoplesDoor(this.#house, this.#keys) };
  }

  /** For a client of one's own: it sleeps until time is moved. */
  get time(): Time {
    const { now, sleep, random } = this.#house.clock;
    return { now, sleep, random };
  }

  /** ISO 8601. */
  get now(): string {
    return this.#house.clock.iso();
  }

  /** A new key of an agent, in the tenant of its address; `mayDecideAs`: it may bring this person's decisions. */
  keyOf(agent: string, { mayDecideAs }: { mayDecideAs?: string } = {}): string {
    const address = knownAddress(agent, this.#tenant);
    const [, tenant] = /^agent:\/\/([^/]+\/[^/]+)\/[^/]+$/.exec(address ?? '') ?? [];
    if (!address || !tenant) throw new TypeError(`${agent} is no address of an agent.`);
    return this.#keys.add({ tenant, agent: address, ...(mayDecideAs ? { mayDecideAs } : {}) });
  }

  /** An agent's client. */
  client(agent = 'agent'): HoldpointClient {
    return this.#clientOf({ apiKey: this.keyOf(agent) });
  }

  /** A person's client: they are signed in. */
  person(id: string): HoldpointClient {
    if (!this.#house.directory.find(id)) throw new TypeError(`There is no ${id} in the directory.`);
    return this.#clientOf({ apiKey: this.keyOf('people'), session: this.#keys.signIn(id) });
  }

  /** Everything that follows from what was done so far has happened. */
  settled(): Promise<void> {
    return this.#house.settled();
  }

  /** Time passes: reminders, escalations, deadlines and leases happen when they are due. */
  advance(seconds: number): Promise<void> {
    return this.#house.advance(seconds * 1000);
  }

  /** A person decides what they are asked. Throws TypeError where they are asked nothing, or more than one thing. */
  async decide(personId: string, outcome: string, { intent_id, ...said }: Choice = {}): Promise<DecidedTask> {
    await this.settled();
    const { tasks } = this.person(personId);
    const open = (await tasks.list()).tasks.filter((task) => intent_id === undefined || task.intent_id === intent_id);
    const [task] = open;
    if (!task || open.length > 1) throw new TypeError(`${personId} is asked ${open.length} things.`);
    const decided = await tasks.decide(task.task_id, {
      outcome,
      plan_hash: task.plan_hash,
      ...said,
      reason_code: said.reason_code ?? 'other',
    });
    await this.settled();
    return decided;
  }

  /** In place of the global `fetch`, for whatever talks to a deployment. */
  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const [given, requestId] = [request.headers.get('x-trace-id'), crypto.randomUUID()];
    const traceId = isTraceId(given) ? given : requestId;
    const always = { 'x-trace-id': traceId, 'x-request-id': requestId };
    try {
      const answer = await unlessAborted(this.#answer(request, traceId), init?.signal ?? request.signal);
      const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
      return new Response(text, { headers: { 'content-type': 'application/json', ...always, ...answer.headers } });
    } catch (error) {
      if (request.signal.aborted) throw error;
      const problem = (request.headers.get('accept') ?? '').includes('application/problem+json');
      const { status, body, headers } = errorAnswer(error, this.now, problem);
      // What no rule has thrown is a fault of the test's own tools or types, or of this package.
      if (status === 500) throw error;
      return Response.json(body, { status, headers: { 'content-type': 'application/json', ...always, ...headers } });
    }
  };

  #clientOf(who: { apiKey: string; session?: string }): HoldpointClient {
    return new HoldpointClient({ baseUrl: this.baseUrl, ...who, fetch: this.fetch, time: this.time });
  }

  async #answer(request: Request, traceId: string) {
    const url = new URL(request.url);
    const path = decodeURIComponent(url.pathname)
      .replace(/\/{2,}/g, '/')
      .replace(/(.)\/$/, '$1');
    const route = routeOf(request.method, path);
    if (!route) throw nothingAt(path);
    const door = this.#doors[route.operation];
    if (!door) throw new NotFound(`route in the test world: ${request.method} ${path}`);
    return door({
      method: request.method,
      path,
      query: givenIn(url.searchParams),
      headers: request.headers,
      body: request.method === 'GET' ? {} : bodyIn(await request.text()),
      id: parameterIn(route, path),
      traceId,
    });
  }
}

/** What follows an address, no route tells. */
function nothingAt(path: string): NotFound | MethodNotAllowed {
  const taken = methods.filter((method) => routeOf(method, path)?.path.includes('+') === false);
  return taken.length > 0 ? new MethodNotAllowed(taken) : new NotFound('route');
}
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** What stands in the path where the route has a parameter; of an address, with its scheme. */
function parameterIn({ path: shape }: RouteSpec, path: string): string {
  const [before = '', after = ''] = shape.split(/\{[a-z]+\+?\}/);
  if (before === shape) return '';
  return path.slice(before.length, path.length - after.length).replace(/^agent:\/(?!\/)/, 'agent://');
}

/** As `fetch` does: whoever aborts is answered at once. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((done, failed) => {
    const stop = () => failed(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(done, failed).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** A deployment in memory. */
export const createTestWorld = (options: TestWorldOptions = {}): TestWorld => new TestWorld(options);
