/**
 * Watches what functions do for one intent, and breaks one thing of it. Runs where the proxies are, in the process of the
 * stack; what belongs to an intent is known by a mark that stands in its tenant, its trace id and its order.
 */

import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { ProxiedCall } from '../../local/fault-rules.ts';
import type { Invocation } from '../../local/invocations.ts';
import { callOf, type Names, numbered, occasionOf } from './points.ts';

export interface Fault {
  /** The call, with all attempts of its client. */
  point: string;
  do: 'drop' | 'lose_answer' | 'kill';
}

export interface WatchOrder {
  mark: string;
  /** The sweep's look at what is due names no intent; it is watched for this one. */
  sweeps: boolean;
  /** The first is the one that counts; the others happen anyway. */
  faults: Fault[];
  /** The event that is delivered a second time: after its first invocation has ended, or as soon as that begins. */
  repeat?: { event: string; when: 'after' | 'together' };
}

interface SeenCall {
  /** `<function>: <occasion>: <call>`, numbered. */
  point: string;
  event: string;
}

export interface Seen {
  calls: SeenCall[];
  /** Names of the invocations' events, numbered. */
  events: string[];
  /** Messages of queues whose invocation failed: not redelivered yet. */
  failed: { queue: string; receipt: string }[];
  /** How often the fault hit, or the event was repeated. */
  hits: number;
  open: number;
  /** Since the last call or the last end of an invocation. */
  idleMs: number;
}

export class Watch {
  readonly order: WatchOrder;
  readonly invocations: { name: string; invocation: Invocation }[] = [];
  readonly calls: SeenCall[] = [];
  readonly #names: Names;
  readonly #counts = new Map<string, number>();
  readonly #sdkCalls = new Map<string, string>();
  hits = 0;
  /** Repeats of the event that are under way. */
  repeating = 0;
  changedAt = Date.now();

  constructor(order: WatchOrder, names: Names) {
    this.order = order;
    this.#names = names;
  }

  began(invocation: Invocation): string {
    const name = this.#numbered(this.#eventOf(invocation));
    this.invocations.push({ name, invocation });
    this.changedAt = Date.now();
    return name;
  }

  /** What happens to this call, if anything. */
  made(call: ProxiedCall, body: string, invocation: Invocation): Fault | undefined {
    this.changedAt = Date.now();
    const before = call.sdkCall === null ? undefined : this.#sdkCalls.get(call.sdkCall);
    const event = this.#eventOf(invocation);
    const point = before ?? this.#numbered(`${event}: ${callOf(call, body, this.#names)}`);
    if (before === undefined) {
      this.calls.push({ point, event });
      if (call.sdkCall !== null) this.#sdkCalls.set(call.sdkCall, point);
    }
    const fault = this.order.faults.find((each) => each.point === point);
    if (fault && fault === this.order.faults[0]) this.hits += 1;
    return fault;
  }

  #eventOf({ function: physical, event }: Invocation): string {
    const name = this.#names.functions[physical] ?? physical;
    return `${name}: ${occasionOf(name, event)}`;
  }

  #numbered(name: string): string {
    const n = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, n);
    return numbered(name, n);
  }

  seen(): Seen {
    return {
      calls: this.calls,
      events: this.invocations.map(({ name }) => name),
      failed: this.invocations.flatMap(({ invocation }) => failedMessages(invocation)),
      hits: this.hits,
      open: this.repeating + this.invocations.filter(({ invocation }) => !invocation.ended).length,
      idleMs: Date.now() - this.changedAt,
    };
  }
}

function failedMessages({ event, error, result }: Invocation): Seen['failed'] {
  const { Records = [] } = event as Partial<SQSEvent>;
  const { batchItemFailures = [] } = (result ?? {}) as Partial<SQSBatchResponse>;
  const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  return Records.filter((record) => record.receiptHandle && (error !== null || failed.has(record.messageId))).map(
    ({ eventSourceARN, receiptHandle }) => ({ queue: eventSourceARN.split(':').at(-1) ?? '', receipt: receiptHandle }),
  );
}
