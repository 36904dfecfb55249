/** A deployment in memory: the store, and all that follows from what is stored. */

import type { DueItem } from '../../../adapters/due.ts';
import { toolEvent, useTool } from '../../../adapters/lambda/use-tool.ts';
import { messageOf, type OutboxMessage } from '../../../adapters/messages.ts';
import { headSk, intentPk, outboxKey, outboxPrefix } from '../../../adapters/rows.ts';
import type { Asked } from '../../../core/asked.ts';
import { carried } from '../../../core/delegation.ts';
import type { Directory } from '../../../core/directory.ts';
import type { ActionType, Evidence, IntentType } from '../../../core/intent-type.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { Head, IntentRef } from '../../../core/model.ts';
import type { Context, Store } from '../../../core/ports.ts';
import { memoryMailboxes } from '../../../core/testing/memory-mailboxes.ts';
import { type MemoryStore, memoryStore } from '../../../core/testing/memory-store.ts';
import { payDelivery } from '../../../functions/deliver/pay.ts';
import { payRuns } from '../../../functions/runs/pay.ts';
import { stepEvent, takeSteps } from '../../../functions/steps/steps.ts';
import { mend } from '../../../functions/sweep/mend.ts';
import type { Clock } from './clock.ts';
import { Runs } from './runs.ts';

/** What a tool does in this world: gives its output, or throws. */
export type Tool = (args: JsonObject) => JsonObject | Promise<JsonObject>;

/** Mailboxes are read, and pushed to nobody; nobody is stopped. */
const unbound = {
  bindings: { binding: async () => undefined },
  pushes: { owe: async () => {} },
  stopped: async () => false,
};

/** Between two looks at what is overdue, and until a row that was taken up is overdue again, milliseconds. */
const sweepMs = 60_000;
const rowPauseMs = 5 * 60_000;

export class House {
  readonly clock: Clock;
  readonly directory: Directory;
  readonly store: Store;
  readonly mailboxes = memoryMailboxes();
  /** Every intent, in the order they came. */
  readonly refs: IntentRef[] = [];
  readonly #memory: MemoryStore = memoryStore();
  readonly #types: readonly IntentType[];
  readonly #tools: Readonly<Record<string, Tool>>;
  readonly #working = new Set<Promise<unknown>>();
  readonly #pay: (message: OutboxMessage) => Promise<void>;
  readonly #invoke: (name: string, payload: unknown) => Promise<unknown>;
  #changed = newChange();
  #sweptAt = 0;

  constructor(clock: Clock, directory: Directory, types: readonly IntentType[], tools: Readonly<Record<string, Tool>>) {
    this.clock = clock;
    this.directory = directory;
    this.#types = types;
    this.#tools = tools;
    this.store = { ...this.#memory, commit: (commit) => this.#commit(commit) };
    this.#invoke = this.#functions();
    const runs = new Runs(
      clock,
      this.typeNamed,
      (name, payload) => this.#invoke(name, payload),
      (work) => this.#during(work),
    );
    const ports = { store: this.store, context: this.context };
    const run = payRuns({ ...ports, machines: runs, lost: () => {} });
    const deliver = payDelivery({ ...ports, rows: this.mailboxes, ...unbound, pause: async () => {} });
    this.#pay = (message) => {
      if (message.kind === 'deliver') return deliver(message);
      if (['start', 'wake', 'cancel'].includes(message.kind)) return run(message);
      // Nobody is mailed here: people decide by the API.
      return this.store.settle(message, message.key);
    };
  }

  context = (): Context => ({ now: this.clock.iso(), newId: () => crypto.randomUUID() });

  typeNamed = (name: string): IntentType | undefined =>
    this.#types.find((type) => type.type === name || type.aliases.includes(name));

  typeOf = ({ type, delegated: is }: Pick<Head, 'type' | 'delegated'>): IntentType | undefined =>
    is ? carried(type) : this.typeNamed(type);

  /** Whom tasks ask and have asked, with where. */
  asked(): (Asked & IntentRef)[] {
    return this.refs.flatMap((ref) => this.#memory.asked(ref).map((row) => ({ ...row, ...ref })));
  }

  /** Until something is committed, put into a mailbox, or time has passed. */
  changed(): Promise<void> {
    return this.#changed.promise;
  }

  /** Everything that follows from what was done has happened, and whoever waits for it has been told. */
  async settled(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet += 1) {
      const before = this.#changed;
      await Promise.all(this.#working);
      await new Promise((done) => setTimeout(done, 0));
      if (this.#working.size > 0 || this.#changed !== before) quiet = -1;
    }
  }

  /** Time passes; what is due in it happens in its order. */
  async advance(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    for (;;) {
      await this.settled();
      const due = this.#memory.due(end)[0]?.dueAt ?? Number.POSITIVE_INFINITY;
      const sweepAt = Math.max(due, this.#sweptAt + sweepMs);
      const next = Math.min(this.clock.next, sweepAt, end);
      this.clock.goTo(next);
      this.#tell();
      if (sweepAt <= this.clock.now()) await this.#sweep();
      if (this.clock.now() >= end) break;
    }
    await this.settled();
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = newChange();
  }

  #during(work: Promise<unknown>): void {
    const ended = work
      .catch(() => undefined)
      .then(() => {
        this.#working.delete(ended);
        this.#tell();
      });
    this.#working.add(ended);
  }

  readonly #commit: Store['commit'] = async (commit) => {
    const outcome = await this.#memory.commit(commit);
    if (!outcome.ok) return outcome;
    const { tenant, intentId } = commit.head;
    if (commit.basedOn === null) this.refs.push({ tenant, intentId });
    for (const row of commit.owed) this.#owe(messageOf({ ...row, tenant, intentId }));
    this.#tell();
    return outcome;
  };

  /** Paid beside whoever committed, or once it is time; what fails stays owed, and is found when it is overdue. */
  #owe(message: OutboxMessage): void {
    const { notBefore } = message.body;
    const early = typeof notBefore === 'string' ? Date.parse(notBefore) - this.clock.now() : 0;
    if (early > 0) return void this.clock.sleep(early).then(() => this.#owe(message));
    this.#during(new Promise<void>((done) => setTimeout(done, 0)).then(() => this.#pay(message)));
  }

  async #sweep(): Promise<void> {
    this.#sweptAt = this.clock.now();
    const overdue = async (now: number): Promise<DueItem[]> =>
      this.#memory
        .due(now)
        .map(({ ref, key }) => (key === undefined ? { pk: intentPk(ref), sk: headSk } : outboxKey(ref, key)));
    const take = async ({ pk, sk }: DueItem, now: number) => {
      const cut = pk.lastIndexOf('#');
      const ref = { tenant: pk.slice(0, cut), intentId: pk.slice(cut + 1) };
      const row = this.#memory.take(ref, sk.slice(outboxPrefix.length), now, now + rowPauseMs);
      return row && { ...row, ...ref };
    };
    await mend({
      store: this.store,
      context: this.context,
      due: { overdue, take },
      enqueue: async (message) => this.#owe(message),
      failed: () => {},
    });
  }

  /** The functions that states invoke, by name. */
  #functions() {
    const people = async () => this.directory;
    const ports = { store: this.store, context: this.context, people, typeOf: this.typeNamed };
    const steps = takeSteps({ ...ports, readEvidence: (type, payload) => this.#readEvidence(type, payload) });
    return async (name: string, payload: unknown): Promise<unknown> => {
      if (name === 'steps') return steps(stepEvent.parse(payload));
      const contract = this.#types
        .flatMap((type) => (type.shape === 'action' ? type.tools : []))
        .find((tool) => tool.name === name);
      if (!contract) throw new TypeError(`no type declares a tool ${name}`);
      const provider = this.#providerOf(name);
      return useTool(contract, this.store, provider, this.context)(toolEvent.parse(payload), crypto.randomUUID());
    };
  }

  readonly #done = new Map<string, JsonObject>();

  /** A tool that does what it is told once, and finds it again. */
  #providerOf(name: string): Parameters<typeof useTool>[2] {
    const found = (effectId: string) => {
      const output = this.#done.get(effectId);
      return output && { outcome: 'succeeded' as const, output };
    };
    return {
      call: async (args, { effectId }) => {
        try {
          const output = found(effectId)?.output ?? (await this.#toolNamed(name)(args as JsonObject));
          this.#done.set(effectId, output);
          return { outcome: 'succeeded', output };
        } catch (error) {
          const message = error instanceof Error ? error.message : 'The tool refused.';
          return { outcome: 'failed', error: { code: 'tool_failed', message, details: {} } };
        }
      },
      lookup: async (_args, { effectId }) => found(effectId),
      readBack: async () => [],
    };
  }

  #toolNamed(name: string): Tool {
    const tool = this.#tools[name];
    if (!tool) throw new TypeError(`createTestWorld was given no tool ${name}`);
    return tool;
  }

  async #readEvidence(type: ActionType, payload: JsonObject): Promise<Record<string, Evidence>> {
    const read: Record<string, Evidence> = {};
    for (const source of type.evidence) {
      const value = (await this.#toolNamed(source.tool.name)(source.args(payload as never))) as JsonObject;
      read[source.name] = {
        source: source.tool.name,
        title: source.title,
        readAt: this.clock.iso(),
        value,
        shown: source.shown(value),
        ...(source.url ? { url: source.url(value) } : {}),
      };
    }
    return read;
  }
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function newChange() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
