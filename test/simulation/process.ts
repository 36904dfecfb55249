/** What runs in a life: functions and runs as processes, and the moments at which they touch the outside. */

export type Ending = { value: unknown } | { error: Error } | { died: string };

export interface Spec {
  name: string;
  /** The intent it is about, for the trace. */
  about?: string | undefined;
  /** Of the run that called it. */
  generation?: number;
  /** Under which it owns a tool call. */
  owner?: string;
  /** The fencing token that an agent sends. */
  fence?: number | undefined;
  /** Lambda's; runs have none. */
  timeoutSeconds?: number;
  work: (process: Process) => Promise<unknown>;
  ended?: (ending: Ending) => void;
}

export interface Process extends Spec {
  state: 'live' | 'frozen' | 'over';
  /** How the caller has seen it end. */
  ending?: Ending;
  skewMs: number;
  /** Epoch ms: out of time. */
  diesAt: number;
}

export interface Moment {
  process: Process;
  what: string;
  ready: () => boolean;
  /** Epoch ms: when the clock makes it ready. */
  wakesAt: number;
  /** Lets the process go on; false where it doesn't any more. */
  happen: () => Promise<boolean>;
}

export interface Call<T> {
  what: string;
  act: () => T | Promise<T>;
  /** What the process hears where the call is refused, and where its answer is lost: thrown if it is an error. */
  refused?: () => T | Error;
  lost?: (value: T) => T | Error;
  /** For the trace. */
  told?: (value: T) => string;
}

/** An error of the SDK: not one of our family. */
export class AwsError extends Error {
  constructor(name: string) {
    super(`${name} (simulated)`);
    this.name = name;
  }
}
