/**
 * What makes a life deterministic: functions and runs are processes, every call that one makes to the outside is a moment,
 * and moments happen one at a time in an order that the seed decides. Between two moments of a process all others may act.
 * Promises are only ever settled here, so nothing depends on real time.
 */

import { RetryableError } from '../../core/errors.ts';
import type { Context } from '../../core/ports.ts';
import { Faults } from './faults.ts';
import { AwsError, type Call, type Ending, type Moment, type Process, type Spec } from './process.ts';
import type { Profile } from './profiles.ts';
import { Random } from './random.ts';

const start = Date.parse('2026-11-20T09:00:00.000Z');

/** Errors that no outside can cause: a defect of ours, wherever they show. */
const defects = new Set(['TypeError', 'RangeError', 'ReferenceError', 'IllegalTransition', 'ZodError']);

/** How a life is dealt, beside its seed. */
export interface Given {
  without: ReadonlySet<string>;
  likely: Profile['likely'];
  trace: boolean;
}

export class Sim {
  readonly random: Random;
  readonly faults: Faults;
  readonly lines: string[] = [];
  /** The first thing that should never have happened. */
  broken: { invariant: string; about: string | undefined; how: string } | undefined;
  now = start;
  moments: Moment[] = [];
  readonly frozen = new Set<Process>();
  readonly #traced: boolean;
  #ids = 0;
  #parked: () => void = () => {};

  constructor(seed: number, given: Given) {
    this.random = new Random(seed);
    this.faults = new Faults(seed, given.without, given.likely);
    this.#traced = given.trace;
  }

  newId = (): string => {
    this.#ids += 1;
    return `00000000-0000-4000-8000-${String(this.#ids).padStart(12, '0')}`;
  };

  contextOf = (process: Process) => (): Context => ({
    now: new Date(this.now + process.skewMs).toISOString(),
    newId: this.newId,
  });

  tell(about: string | undefined, text: () => string): void {
    if (!this.#traced) return;
    const at = new Date(this.now).toISOString().slice(0, -1).replace('T', ' ');
    this.lines.push(`${at}  ${(about?.slice(-3) ?? '').padStart(3)}  ${text()}`);
  }

  broke(invariant: string, about: string | undefined, how: string): void {
    this.broken ??= { invariant, about, how };
    this.tell(about, () => `BROKEN ${invariant}: ${how}`);
  }

  spawn(spec: Spec): Process {
    const skewed = this.faults.happens('clockSkewed');
    const process: Process = {
      ...spec,
      state: 'live',
      skewMs: skewed ? this.random.between(-2000, 2000) : 0,
      diesAt: spec.timeoutSeconds === undefined ? Number.POSITIVE_INFINITY : this.now + spec.timeoutSeconds * 1000,
    };
    this.#await(process, 'begins', async () => {
      spec.work(process).then(
        (value) => this.#over(process, { value }),
        (error: Error) => this.#over(process, { error }),
      );
      return true;
    });
    return process;
  }

  /** A call to the outside: it happens when its turn comes, and may fail in every way that a call can. */
  call<T>(process: Process, call: Call<T>): Promise<T> {
    const { what, act, refused = () => new AwsError('ThrottlingException') } = call;
    const { lost = () => new AwsError('TimeoutError'), told = () => '' } = call;
    return this.#park(process, what, (settle) => async () => {
      if (this.#dies(process, 'killedBefore', what)) return false;
      if (this.faults.happens('callRefused')) {
        this.tell(process.about, () => `${process.name}: ${what} is refused`);
        settle(refused());
        return true;
      }
      let value: T;
      try {
        value = await act();
      } catch (error) {
        settle(error as Error);
        return true;
      }
      this.tell(process.about, () => `${process.name}: ${what} ${told(value)}`.trimEnd());
      if (this.#dies(process, 'killedAfter', what)) return false;
      const isLost = this.faults.happens('answerLost');
      if (isLost) this.tell(process.about, () => `${process.name}: the answer of ${what} is lost`);
      const hear = async () => {
        settle(isLost ? lost(value) : value);
        return true;
      };
      if (!this.faults.happens('answerLate')) return hear();
      this.#await(process, `hears of ${what}`, hear);
      return false;
    });
  }

  /** Waits for something inside the platform: another process, the clock. */
  until(process: Process, what: string, ready: () => boolean, wakesAt = Number.POSITIVE_INFINITY): Promise<void> {
    const isReady = () => ready() || this.now >= wakesAt;
    return this.#park(
      process,
      what,
      (settle) => async () => {
        settle(undefined);
        return true;
      },
      isReady,
      wakesAt,
    );
  }

  ready = (): Moment[] => this.moments.filter((moment) => moment.process.state === 'live' && moment.ready());

  /** One moment happens: its process goes on until it waits for the next, or ends. */
  async step(moment: Moment): Promise<void> {
    this.moments.splice(this.moments.indexOf(moment), 1);
    await new Promise<void>((parked, failed) => {
      this.#parked = parked;
      moment.happen().then((goesOn) => {
        if (!goesOn) parked();
        // It may have called several at once, and have nothing to do but wait for the others.
        else if (this.moments.some(({ process }) => process === moment.process)) setImmediate(parked);
      }, failed);
    });
  }

  async oneOf(moments: Moment[]): Promise<void> {
    const moment = this.random.pick(moments);
    if (moment) await this.step(moment);
  }

  /** Epoch ms: when the next wait is over, or the next function out of time. */
  nextTimer(): number {
    const times = this.moments
      .filter(({ process }) => process.state === 'live')
      .flatMap(({ wakesAt, process }) => [wakesAt, process.diesAt]);
    return Math.min(...times.filter((at) => at > this.now));
  }

  /** Time passes; functions that run out of it are cut off, or say so and are frozen. */
  pass(ms: number): void {
    this.now += ms;
    for (const { process } of [...this.moments]) {
      if (process.state !== 'live' || process.diesAt > this.now) continue;
      if (!this.faults.happens('frozen')) {
        this.end(process, 'out of time');
        continue;
      }
      process.state = 'frozen';
      this.frozen.add(process);
      this.tell(process.about, () => `${process.name}: out of time, frozen`);
      this.#told(process, { error: new RetryableError('Out of time.') });
    }
  }

  /** A frozen function's sandbox is used again: what was pending in it goes on. */
  thaw(process: Process): void {
    this.frozen.delete(process);
    process.state = 'live';
    process.diesAt = this.now + (process.timeoutSeconds ?? 0) * 1000;
    this.tell(process.about, () => `${process.name}: goes on`);
  }

  end(process: Process, how: string): void {
    process.state = 'over';
    this.moments = this.moments.filter((moment) => moment.process !== process);
    this.tell(process.about, () => `${process.name}: ${how}`);
    this.#told(process, { died: how });
  }

  #dies(process: Process, fault: 'killedBefore' | 'killedAfter', what: string): boolean {
    if (!this.faults.happens(fault)) return false;
    this.end(process, `killed ${fault === 'killedBefore' ? 'before' : 'after'} ${what}`);
    return true;
  }

  #over(process: Process, ending: Ending): void {
    process.state = 'over';
    if ('error' in ending) {
      const { name, message } = ending.error;
      this.tell(process.about, () => `${process.name}: ends with ${name}: ${message}`);
      if (defects.has(name)) this.broke('noDefect', process.about, `${process.name}: ${ending.error.stack}`);
    }
    this.#told(process, ending);
    this.#parked();
  }

  /** Whoever called it hears of its end once. */
  #told(process: Process, ending: Ending): void {
    if (process.ending) return;
    process.ending = ending;
    process.ended?.(ending);
  }

  #park<T>(
    process: Process,
    what: string,
    happening: (settle: (value: T | Error) => void) => () => Promise<boolean>,
    ready?: () => boolean,
    wakesAt?: number,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (value: T | Error) => (value instanceof Error ? reject(value) : resolve(value));
      this.#await(process, what, happening(settle), ready, wakesAt);
      this.#parked();
    });
  }

  #await(
    process: Process,
    what: string,
    happen: Moment['happen'],
    ready = () => true,
    wakesAt = Number.POSITIVE_INFINITY,
  ): void {
    this.moments.push({ process, what, ready, wakesAt, happen });
  }
}
