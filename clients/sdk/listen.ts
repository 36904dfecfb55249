/** An agent that works on what it is given: claims it, says that it is alive, answers or gives it back. Whatever breaks, the work is given out again. */

import { agentPath } from './agents.ts';
import type { HoldpointClient } from './client.ts';
import { ConflictError, HoldpointError, NotFoundError, PolicyDeniedError, TimeoutError } from './errors.ts';
import { follow, type Source } from './follow.ts';
import { isPassing, untilHeard } from './retry.ts';
import { traceparentOf } from './trace.ts';
import type { Transport } from './transport.ts';
import type { AgentAnswer, Claimed, Entry, Intent, ReleaseWish, Resumed } from './types.ts';

/** One piece of work, claimed. */
export interface Work {
  intent: Intent;
  /** How it was delivered: `attempt`, `delivery_id`, `reason`. */
  entry: Entry;
  /** Greater with each later claim: whoever writes elsewhere can refuse smaller ones. */
  fencingToken: number;
  /** Aborted when the claim is lost, or when stopping takes too long: the work is somebody else's then. */
  signal: AbortSignal;
  /** Goes on with the trace that the intent came in. */
  traceparent: string;
  /** Tells the requester how far it is, e.g. `{action: 'start', details: {…}}`. */
  tell(answer: AgentAnswer): Promise<Resumed>;
}

/** Its result completes the intent. Where it throws, the work is given back, and given out again; `AgentFailure` ends it as FAILED. */
export type Handler = (work: Work) => Promise<Record<string, unknown> | undefined>;

export interface ListenOptions {
  /** Ends it: takes on nothing more, and lets what it has come to its end. */
  signal?: AbortSignal | undefined;
  /** How long handlers have to end then, seconds. */
  graceSeconds?: number | undefined;
  /** Which worker of the agent this is; by default a name of its own. */
  claimant?: string | undefined;
  /** How long after its last sign of life the work of a worker is given to another, seconds: 5 to 3,600. */
  leaseSeconds?: number | undefined;
  /** Works on so many at once. */
  concurrency?: number | undefined;
  /** The last number that is done with; 0 looks at everything that ever came. */
  since?: number | undefined;
  /** Told up to which number everything is done with: kept somewhere, it is the next start's `since`. Where it throws, that ends `listen`. */
  onCursor?: ((seq: number) => unknown) | undefined;
  /** Told what went wrong with an entry; it is given out again. Where it throws, that ends `listen`. */
  onError?: ((error: unknown, entry: Entry) => unknown) | undefined;
}

/** Thrown by a handler: the intent can't be done, by nobody. */
export class AgentFailure extends HoldpointError {
  override readonly name = 'AgentFailure';
  readonly code: string;
  readonly details: Record<string, unknown>;
  constructor(code: string, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

const defaultLeaseSeconds = 60;
const defaultGraceSeconds = 30;
/** Of a lease: two signs of life may be lost. */
const renewals = 3;
/** How long giving back may take: after that, the lease tells. */
const giveBackSeconds = 5;
const pageSize = 100;

/** Throws ApiError for a refusal that lasts, such as another agent's address or a key that is no longer good. */
export async function listen(
  client: HoldpointClient,
  transport: Transport,
  address: string,
  handler: Handler,
  options: ListenOptions,
): Promise<void> {
  const worker = new Worker(client, transport, handler, options);
  const { since = 0 } = options;
  const signal = worker.ending;
  const source: Source<Entry> = {
    stream: { path: `${agentPath(address)}/intents/stream` },
    async page(after, called) {
      const { intents, next_seq } = await client.agents.mailbox(address, { since: after, limit: pageSize }, called);
      return { items: intents, next: next_seq };
    },
  };
  try {
    const following = { since, until: Number.POSITIVE_INFINITY, signal };
    for await (const entry of follow(transport, source, following)) if (entry) await worker.take(entry);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await worker.finish();
  }
  worker.throwIfFailed();
}

class Worker {
  readonly #client: HoldpointClient;
  readonly #transport: Transport;
  readonly #handler: Handler;
  readonly #options: ListenOptions;
  readonly #wish: { claimant: string; lease_seconds: number };
  /** By the entry's number. */
  readonly #running = new Map<number, { entry: Entry; done: Promise<void> }>();
  readonly #stop = new AbortController();
  readonly #failed = new AbortController();
  /** Aborted when it takes on nothing more: it is to stop, or can't go on. */
  readonly ending: AbortSignal;
  #last: number;

  constructor(client: HoldpointClient, transport: Transport, handler: Handler, options: ListenOptions) {
    this.#client = client;
    this.#transport = transport;
    this.#handler = handler;
    this.#options = options;
    this.ending = AbortSignal.any([this.#failed.signal, ...(options.signal ? [options.signal] : [])]);
    this.#last = options.since ?? 0;
    this.#wish = {
      claimant: options.claimant ?? `worker-${crypto.randomUUID()}`,
      lease_seconds: options.leaseSeconds ?? defaultLeaseSeconds,
    };
  }

  /** Begins with an entry once there is room. */
  async take(entry: Entry): Promise<void> {
    while (this.#running.size >= (this.#options.concurrency ?? 1)) {
      await Promise.race([...[...this.#running.values()].map(({ done }) => done), aborted(this.ending)]);
      this.ending.throwIfAborted();
    }
    this.ending.throwIfAborted();
    const before = [...this.#running.values()].findLast((one) => one.entry.intent_id === entry.intent_id);
    if (!before) this.#run(entry, this.#work(entry));
    // Given out again while its handler here has not noticed yet that the claim was lost. All else reminds of what is being worked on.
    else if (attemptOf(entry) > attemptOf(before.entry))
      this.#run(
        entry,
        before.done.then(() => this.#work(entry)),
      );
    this.#last = entry.seq;
  }

  #run(entry: Entry, work: Promise<boolean>): void {
    const done = work
      .catch(async (error: unknown) => {
        if (error instanceof Unclaimed) throw error.cause;
        await this.#options.onError?.(error, entry);
        return true;
      })
      .then(async (over) => {
        // Left to the next start: the cursor stays before it.
        if (!over) return;
        this.#running.delete(entry.seq);
        const open = Math.min(...this.#running.keys());
        await this.#options.onCursor?.(Number.isFinite(open) ? open - 1 : this.#last);
      })
      // What can't be claimed, or kept, is no reason to burn what comes after it.
      .catch((error: unknown) => this.#failed.abort(error));
    this.#running.set(entry.seq, { entry, done });
  }

  /** Throws what it could not go on with. */
  throwIfFailed(): void {
    this.#failed.signal.throwIfAborted();
  }

  /** Once all has ended, or its time is over: who heeds the signal then gives back what it has, the rest is left to its leases. */
  async finish(): Promise<void> {
    await this.#within(this.#options.graceSeconds ?? defaultGraceSeconds);
    this.#stop.abort(new DOMException('The agent stops.', 'AbortError'));
    await this.#within(giveBackSeconds);
  }

  /** Until all has ended, or the time is over. */
  async #within(seconds: number): Promise<void> {
    const over = new AbortController();
    const time = this.#transport.time.sleep(seconds * 1000, over.signal).catch(() => undefined);
    await Promise.race([Promise.all([...this.#running.values()].map(({ done }) => done)), time]);
    over.abort();
  }

  /** Whether it is done with; not where the worker stopped before it had claimed it. Throws Unclaimed where it never will. */
  async #work(entry: Entry): Promise<boolean> {
    const id = entry.intent_id;
    const stopping = this.ending;
    if (stopping.aborted) return false;
    const claimed = await this.#claim(id).catch((error: unknown) => {
      if (isOver(error)) return undefined;
      if (stopping.aborted) return false;
      throw new Unclaimed(error);
    });
    if (claimed === false) return false;
    if (!claimed?.granted) return true;
    const { fencing_token: fencingToken } = claimed;
    const ended = new AbortController();
    const lost = new AbortController();
    const signal = AbortSignal.any([lost.signal, this.#stop.signal]);
    const alive = this.#stayAlive(id, fencingToken, lost, AbortSignal.any([ended.signal, signal]));
    const giveBack = (reason: string) => this.#giveBack(id, { reason }, fencingToken);
    try {
      const intent = await this.#client.get(id, { signal });
      if (stopping.aborted) {
        await giveBack('The worker stopped before it had begun.');
        return true;
      }
      const traceparent = traceparentOf(intent.trace_id);
      const tell = (answer: AgentAnswer) => this.#client.resume(id, answer, { fencingToken, signal, traceparent });
      const answer = await this.#answerOf({ intent, entry, fencingToken, signal, traceparent, tell });
      const options = { fencingToken, traceparent, idempotencyKey: `${id}.${fencingToken}` };
      // Repeated, it is the same answer.
      const { time } = this.#transport;
      await untilHeard(() => this.#client.resume(id, answer, { ...options, signal }), { time, signal });
      return true;
    } catch (error) {
      // What was lost is another's by now.
      if (!lost.signal.aborted)
        await giveBack(this.#stop.signal.aborted ? 'The worker stopped.' : 'The worker has failed.');
      throw error;
    } finally {
      ended.abort();
      await alive;
    }
  }

  async #answerOf(work: Work): Promise<AgentAnswer> {
    try {
      return { action: 'complete', result: (await this.#handler(work)) ?? {} } as AgentAnswer;
    } catch (error) {
      if (!(error instanceof AgentFailure)) throw error;
      const { code, message, details } = error;
      return { action: 'fail', error: { ...details, code, message } } as AgentAnswer;
    }
  }

  /** Repeated, it is the same claim; a stop is waited out. Who stops meanwhile tries no more. */
  #claim(id: string): Promise<Claimed> {
    const options = { idempotencyKey: crypto.randomUUID(), signal: this.#stop.signal };
    const { time } = this.#transport;
    const waits = (error: unknown) => isPassing(error) || isStop(error);
    return untilHeard(() => this.#client.claim(id, this.#wish, options), { time, signal: this.ending, waits });
  }

  /** The work is nobody's again. Where that is not heard, or it has ended meanwhile, nothing is lost: its lease tells. What a handler throws is not told. */
  async #giveBack(id: string, wish: ReleaseWish, fencingToken: number): Promise<void> {
    const options = { fencingToken, idempotencyKey: `${id}.${fencingToken}.release` };
    const signal = AbortSignal.timeout(giveBackSeconds * 1000);
    await this.#client.release(id, wish, { ...options, signal }).catch(() => undefined);
  }

  /** Renews the claim until it has ended; aborts `lost` where it is another's, or was not renewed in its time. */
  async #stayAlive(id: string, fencingToken: number, lost: AbortController, ended: AbortSignal): Promise<void> {
    const { time } = this.#transport;
    const leaseMs = this.#wish.lease_seconds * 1000;
    let until = time.now() + leaseMs;
    const renew = async () => {
      for (;;) {
        await time.sleep(leaseMs / renewals, ended);
        const asked = time.now();
        try {
          await this.#client.claim(id, this.#wish, { fencingToken, signal: ended });
          until = asked + leaseMs;
        } catch (error) {
          if (ended.aborted) return;
          if (!isPassing(error)) return lost.abort(error);
        }
      }
    };
    // A renewal that hangs is still under way when another worker has the work.
    const expire = async () => {
      while (time.now() < until) await time.sleep(until - time.now(), ended);
      lost.abort(new TimeoutError('The claim was not renewed in its time.'));
    };
    // Both end with the claim.
    await Promise.allSettled([renew(), expire()]);
  }
}

/** Why an entry can't be claimed, and no other either. */
class Unclaimed extends Error {
  override readonly name = 'Unclaimed';
  constructor(cause: unknown) {
    super('The entry was not claimed.', { cause });
  }
}

/** An operator holds it back, for a while. */
const isStop = (error: unknown): boolean => error instanceof PolicyDeniedError && error.details.reason === 'stopped';

/** The entry is nobody's by now, or another agent's. */
const isOver = (error: unknown): boolean =>
  error instanceof ConflictError ||
  error instanceof NotFoundError ||
  (error instanceof PolicyDeniedError && error.details.reason === 'not_yours');

/** Which time it was given out. */
const attemptOf = ({ attempt }: Entry): number => Number(attempt ?? 1);

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (signal.aborted) done();
    signal.addEventListener('abort', () => done(), { once: true });
  });
