/** Step Functions in memory: the deployment's own state machines, by name, with task tokens and the functions that states invoke. */

import type { IntentType } from '../../../core/intent-type.ts';
import { procedureMachine as procedure } from '../../../core/procedure.ts';
import type { RunInput } from '../../../core/rules/common.ts';
import type { Machines } from '../../../functions/runs/pay.ts';
import { execute, type Service, StateError } from '../../../statemachines/testing/execution.ts';
import { delegationMachine, machineOf, procedureMachine } from '../../../statemachines/testing/walk.ts';
import type { Clock } from './clock.ts';

type Invoke = (name: string, payload: unknown) => Promise<unknown>;

export class Runs implements Machines {
  readonly #clock: Clock;
  readonly #typeOf: (name: string) => IntentType | undefined;
  /** By a function's name: `steps`, or a tool. */
  readonly #invoke: Invoke;
  /** Told of work that goes on. */
  readonly #working: (work: Promise<unknown>) => void;
  readonly #names = new Set<string>();
  readonly #waits = new Map<string, (answer: string) => void>();
  #tokens = 0;

  constructor(
    clock: Clock,
    typeOf: (name: string) => IntentType | undefined,
    invoke: Invoke,
    working: (work: Promise<unknown>) => void,
  ) {
    this.#clock = clock;
    this.#typeOf = typeOf;
    this.#invoke = invoke;
    this.#working = working;
  }

  async start(input: RunInput): Promise<void> {
    const name = `${input.intentId}-${input.generation}`;
    if (this.#names.has(name)) return;
    this.#names.add(name);
    const type = this.#typeOf(input.type);
    const common = input.type === procedure ? procedureMachine : delegationMachine;
    const definition = type ? machineOf(type) : common();
    // One that fails is found by its intent's head, as on AWS.
    void execute(definition, structuredClone(input), this.#service).catch(() => undefined);
  }

  async redeem(token: string, answer: string): Promise<boolean> {
    const take = this.#waits.get(token);
    take?.(answer);
    return take !== undefined;
  }

  readonly #service: Service = {
    millis: () => this.#clock.now(),
    jitter: () => 0.5,
    entered: () => {},
    sleep: (seconds) => this.#clock.sleep(seconds * 1000),
    invoke: (arn, payload) => this.#called(arn, payload),
    waitForToken: async (arn, payload, seconds) => {
      this.#tokens += 1;
      const token = `token-${this.#tokens}`;
      const over = new AbortController();
      const redeemed = new Promise<string>((taken) => this.#waits.set(token, taken));
      const timeout = this.#clock.sleep(seconds * 1000, over.signal).then(
        () => 'States.Timeout',
        () => '',
      );
      try {
        await this.#called(arn, await payload(token));
        const answer = await Promise.race([redeemed, timeout]);
        if (answer !== 'success') throw new StateError(answer);
      } finally {
        // Whatever comes now comes too late.
        this.#waits.delete(token);
        over.abort();
      }
    },
  };

  #called(arn: string, payload: unknown): Promise<unknown> {
    const name = /function:([^:]+)/.exec(arn)?.[1] ?? '';
    const work = this.#invoke(name, payload).catch((error: unknown) => {
      if (error instanceof Error) throw new StateError(error.name, error.message);
      throw error;
    });
    this.#working(work.catch(() => undefined));
    return work;
  }
}
