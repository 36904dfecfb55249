/** Step Functions: executions by name, task tokens, and the functions that states invoke. */

import { delegationMachine as delegation } from '../../core/delegation.ts';
import { procedureMachine as procedure } from '../../core/procedure.ts';
import type { RunInput } from '../../core/rules/common.ts';
import type { Machines as Port } from '../../functions/runs/pay.ts';
import { intentTypes } from '../../intents/index.ts';
import { execute, StateError } from '../../statemachines/testing/execution.ts';
import { delegationMachine, machineOf, procedureMachine } from '../../statemachines/testing/walk.ts';
import { AwsError, type Ending, type Process } from './process.ts';
import type { Sim } from './sim.ts';

/** A function that a state invokes: what it does as a process, and its timeout. */
export interface Fn {
  timeoutSeconds: number;
  work: (payload: unknown, process: Process) => Promise<unknown>;
}

interface Wait {
  run: Process;
  until: number;
  answer?: string;
}

const machines = new Map([
  ...intentTypes.map((type) => [type.type, machineOf(type)] as const),
  [delegation, delegationMachine()] as const,
  [procedure, procedureMachine()] as const,
]);

/** How AWS names a function that is gone without an answer: it differs by version and caller. */
const deaths = ['Lambda.Unknown', 'Runtime.ExitError', 'Sandbox.Timedout'] as const;

export class Machines {
  readonly runs: Process[] = [];
  readonly #sim: Sim;
  /** By the name that the ARN ends with. */
  readonly #functionOf: (arn: string) => Fn;
  readonly #names = new Set<string>();
  readonly #waits = new Map<string, Wait>();

  constructor(sim: Sim, functionOf: (arn: string) => Fn) {
    this.#sim = sim;
    this.#functionOf = functionOf;
  }

  portOf = (process: Process): Port => ({
    start: (input) => {
      if (this.#sim.faults.happens('startRefused')) throw new AwsError('ThrottlingException');
      const name = `${input.intentId}-${input.generation}`;
      return this.#sim.call(process, { what: `start run ${input.generation}`, act: () => this.#start(name, input) });
    },
    redeem: (token, answer) => {
      if (this.#sim.faults.happens('redeemRefused')) throw new AwsError('ThrottlingException');
      return this.#sim.call(process, {
        what: `redeem ${token} with ${answer}`,
        act: () => this.#redeem(token, answer),
        told: (taken) => (taken ? '→ taken' : '→ nobody waits'),
      });
    },
  });

  live = (): Process[] => this.runs.filter((run) => run.state === 'live');

  kill(run: Process): void {
    this.#sim.end(run, 'execution is gone');
  }

  #start(name: string, input: RunInput): void {
    if (this.#names.has(name)) return;
    this.#names.add(name);
    const definition = machines.get(input.type);
    if (!definition) throw new TypeError(`no machine for ${input.type}`);
    this.runs.push(
      this.#sim.spawn({
        name: `run ${input.generation}`,
        about: input.intentId,
        generation: input.generation,
        work: (run) => execute(definition, structuredClone(input), this.#serviceFor(run)),
      }),
    );
  }

  #redeem(token: string, answer: string): boolean {
    const wait = this.#waits.get(token);
    if (!wait || wait.answer !== undefined || wait.until <= this.#sim.now || wait.run.state !== 'live') return false;
    wait.answer = answer;
    return true;
  }

  #serviceFor = (run: Process) => ({
    millis: () => this.#sim.now,
    jitter: () => this.#sim.random.next(),
    entered: (state: string) => this.#sim.tell(run.about, () => `${run.name}: enters ${state}`),
    sleep: (seconds: number) => this.#sim.until(run, 'sleeps', () => false, this.#sim.now + Math.ceil(seconds * 1000)),
    invoke: async (arn: string, payload: unknown) => {
      const ending = await this.#invoke(run, arn, payload);
      return answerOf(ending, this.#sim);
    },
    waitForToken: async (arn: string, payload: (token: string) => Promise<unknown>, seconds: number) => {
      const token = `token-${this.#waits.size + 1}`;
      const wait: Wait = { run, until: this.#sim.now + seconds * 1000 };
      this.#waits.set(token, wait);
      const fn = this.#spawn(run, arn, await payload(token));
      const failed = () => fn.ending !== undefined && !('value' in fn.ending);
      await this.#sim.until(run, `waits under ${token}`, () => wait.answer !== undefined || failed(), wait.until);
      // Whatever comes now comes too late.
      wait.until = this.#sim.now;
      if (wait.answer === 'success') return;
      if (wait.answer !== undefined) throw new StateError(wait.answer);
      if (fn.ending && failed()) answerOf(fn.ending, this.#sim);
      throw new StateError('States.Timeout');
    },
  });

  async #invoke(run: Process, arn: string, payload: unknown): Promise<Ending> {
    const fn = this.#spawn(run, arn, payload);
    if (this.#sim.faults.happens('stepTwice')) this.#spawn(run, arn, payload);
    await this.#sim.until(run, 'waits for its function', () => fn.ending !== undefined);
    if (this.#sim.faults.happens('stepAnswerLost')) return { error: new AwsError('Lambda.SdkClientException') };
    return fn.ending as Ending;
  }

  #spawn(run: Process, arn: string, payload: unknown): Process {
    const fn = this.#functionOf(arn);
    const asked = payload as { step?: string; mode?: string };
    return this.#sim.spawn({
      name: `${asked.step ?? asked.mode}/${run.name}`,
      about: run.about,
      generation: run.generation ?? 0,
      timeoutSeconds: fn.timeoutSeconds,
      work: (process) => fn.work(payload, process),
    });
  }
}

function answerOf(ending: Ending, sim: Sim): unknown {
  if ('value' in ending) return structuredClone(ending.value);
  if ('error' in ending) throw new StateError(ending.error.name, ending.error.message);
  throw new StateError(sim.random.pick(deaths));
}
