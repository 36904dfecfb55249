/** One execution of a real state machine (`statemachines/`): its states, retries, catchers and waits, as Step Functions has them. */

import type { Definition, State } from '../../infra/state-machine.ts';
import { waitsForToken } from '../../infra/state-machine.ts';
import { evaluate } from './walk.ts';

/** What a state fails with: an error's name and Lambda's cause. */
export class StateError extends Error {
  override readonly cause: string;
  constructor(name: string, message = '') {
    super(message);
    this.name = name;
    this.cause = JSON.stringify({ errorType: name, errorMessage: message });
  }
}

export interface Service {
  millis: () => number;
  /** Gives what the function answered. Throws StateError. */
  invoke(name: string, payload: unknown): Promise<unknown>;
  /** Invokes and waits for the token to be redeemed. Throws StateError, `States.Timeout` among them. */
  waitForToken(name: string, payload: (token: string) => Promise<unknown>, seconds: number): Promise<void>;
  sleep(seconds: number): Promise<void>;
  /** 0 ≤ x < 1, for full jitter. */
  jitter: () => number;
  entered(state: string): void;
}

interface Retrier {
  ErrorEquals: string[];
  IntervalSeconds: number;
  BackoffRate: number;
  MaxDelaySeconds: number;
  MaxAttempts: number;
}

const catches = ({ ErrorEquals }: { ErrorEquals: string[] }, name: string) =>
  ErrorEquals.includes(name) || ErrorEquals.includes('States.ALL');

/** Follows the machine to its end. Throws StateError where the execution fails. */
export async function execute(definition: Definition, given: unknown, service: Service): Promise<void> {
  const bindings = { millis: service.millis };
  let input = given;
  for (let name: string | undefined = definition.StartAt; name !== undefined; ) {
    const state = definition.States[name] as State;
    service.entered(name);
    if (state.Type === 'Succeed') return;
    if (state.Type === 'Choice') name = await choose(state, input);
    else if (state.Type === 'Wait') {
      await service.sleep((await evaluate(state.Seconds, { input }, bindings)) as number);
      name = state.Next;
    } else [input, name] = await task(name, state, input);
  }

  async function task(name: string, state: State, input: unknown): Promise<[unknown, string | undefined]> {
    try {
      const payload = await withRetries(state, (retries) => attempt(name, state, input, retries));
      return [await evaluate(state.Output, { input, result: { Payload: payload ?? null } }, bindings), state.Next];
    } catch (error) {
      const { name: failed, cause } = error as StateError;
      const catcher = state.Catch?.find((one) => catches(one, failed));
      if (!catcher) throw error;
      const errorOutput = { Error: failed, Cause: cause };
      return [await evaluate(catcher.Output, { input, errorOutput }, bindings), catcher.Next];
    }
  }

  async function attempt(name: string, state: State, input: unknown, retries: number): Promise<unknown> {
    const argumentsOf = (token: string) => {
      const context = {
        Task: { Token: token },
        State: { Name: name, ...(retries > 0 ? { RetryCount: retries } : {}) },
      };
      return evaluate(state.Arguments, { input, context }, bindings) as Promise<{
        FunctionName: string;
        Payload: unknown;
      }>;
    };
    const { FunctionName, Payload } = await argumentsOf('');
    if (!waitsForToken(state)) return service.invoke(FunctionName, Payload);
    const seconds = (await evaluate(state.TimeoutSeconds, { input }, bindings)) as number;
    return service.waitForToken(FunctionName, async (token) => (await argumentsOf(token)).Payload, seconds);
  }

  async function withRetries<T>(state: State, work: (retries: number) => Promise<T>): Promise<T> {
    const retriers = (state.Retry ?? []) as Retrier[];
    const used = new Map<Retrier, number>();
    for (let retries = 0; ; retries += 1) {
      try {
        return await work(retries);
      } catch (error) {
        if (!(error instanceof StateError)) throw error;
        const retrier = retriers.find((one) => catches(one, error.name));
        const tried = retrier ? (used.get(retrier) ?? 0) : 0;
        if (!retrier || tried >= retrier.MaxAttempts) throw error;
        used.set(retrier, tried + 1);
        const { IntervalSeconds, BackoffRate, MaxDelaySeconds } = retrier;
        await service.sleep(service.jitter() * Math.min(MaxDelaySeconds, IntervalSeconds * BackoffRate ** tried));
      }
    }
  }

  async function choose(state: State, input: unknown): Promise<string> {
    for (const rule of state.Choices ?? [])
      if ((await evaluate(rule.Condition, { input }, bindings)) === true) return rule.Next;
    return state.Default as string;
  }
}
