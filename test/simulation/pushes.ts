/** What is pushed to agents: bindings, what is owed to them, and the functions that bind, push and push again. */

import { pushRef } from '../../adapters/bindings.ts';
import { type DueItem, pauseMs } from '../../adapters/due.ts';
import type { ApiKey } from '../../adapters/keys.ts';
import { messageOf, type OutboxMessage } from '../../adapters/messages.ts';
import { intentPk, outboxKey } from '../../adapters/rows.ts';
import { type BindingRows, type DeadLetter, type OwedPushes, pushes } from '../../core/binding.ts';
import type { Box, Entry, MailboxRows } from '../../core/mailbox.ts';
import type { Context, Store } from '../../core/ports.ts';
import { deliverGraceMs } from '../../core/reply.ts';
import { memoryBindings } from '../../core/testing/memory-bindings.ts';
import { binder } from '../../functions/bindings/bind.ts';
import { replay } from '../../functions/bindings/replay.ts';
import { carrying } from '../../functions/push/carry.ts';
import { pumping } from '../../functions/push/pump.ts';
import { functionSettings } from '../../infra/settings.ts';
import { moments } from './moments.ts';
import type { Process } from './process.ts';
import type { Queues } from './queues.ts';
import { Receivers } from './receivers.ts';
import type { Sim } from './sim.ts';

interface Ports {
  queues: () => Queues;
  storeOf: (process: Process) => Store;
  boxesOf: (process: Process) => MailboxRows;
  entries: (box: Box) => Entry[];
  isStopped: (box: Box) => boolean;
  /** Told of each try, and of each delivery that is given up, before it counts. */
  tried: (pushing: Pushing, entry: Entry, by: Process) => Promise<void>;
  buried: (box: Box, dead: DeadLetter) => void;
}

/** What is known of a mailbox that is pushed. */
export interface Pushing {
  box: Box;
  /** The number after which pushing began. */
  from: number;
  /** Numbers that were tried, whose receiver said that it has them, and that were given up. */
  tried: Set<number>;
  taken: Set<number>;
  dead: Set<number>;
  /** Whoever pushes it now. */
  pusher?: Process | undefined;
}

const nameOf = ({ tenant, address }: Box): string => `${tenant}#${address}`;

export class Pushes {
  readonly all = new Map<string, Pushing>();
  readonly memory = memoryBindings();
  readonly receivers: Receivers;
  /** Dead letters, for an operator to put back into their queue. */
  parked: OutboxMessage[] = [];
  readonly #owed = new Map<string, { message: OutboxMessage; news: string; dueAt: number }>();
  readonly #sim: Sim;
  readonly #ports: Ports;

  constructor(sim: Sim, ports: Ports) {
    this.#sim = sim;
    this.#ports = ports;
    this.receivers = new Receivers(sim);
  }

  of(box: Box): Pushing {
    const found = this.all.get(nameOf(box)) ?? { box, from: 0, tried: new Set(), taken: new Set(), dead: new Set() };
    this.all.set(nameOf(box), found);
    return found;
  }

  /** Every call is a moment; what is noted on the way is what invariants are held against. */
  rowsOf(process: Process): BindingRows {
    const { memory } = this;
    const watched: BindingRows = {
      ...memory,
      begin: async (box, seq, anew) => {
        if (anew || !(await memory.pushed(box))) this.of(box).from = seq;
        // Whoever pushes just now goes on as it was before.
        if (anew) this.of(box).pusher = undefined;
        return memory.begin(box, seq, anew);
      },
      take: async (box, owner, now, until) => {
        const taken = await memory.take(box, owner, now, until);
        if (taken) this.of(box).pusher = process;
        return taken;
      },
      bury: async (box, dead) => {
        this.#ports.buried(box, dead);
        this.of(box).dead.add(dead.seq);
        return memory.bury(box, dead);
      },
    };
    return moments(this.#sim, process, watched, 'binding');
  }

  /** Rows of the outbox: the stream sees those that are new. */
  owedOf(process: Process): OwedPushes {
    const owed: OwedPushes = {
      owe: async (box, traceId, anew = false) => {
        const name = nameOf(box);
        const before = anew ? undefined : this.#owed.get(name);
        const news = this.#sim.newId();
        if (before) before.news = news;
        else {
          const body = { to: box.address };
          const message = messageOf({ ...pushRef(box), key: 'push', kind: 'push', traceId, body });
          this.#owed.set(name, { message, news, dueAt: this.#sim.now + deliverGraceMs });
          this.#ports.queues().record(message);
        }
      },
      news: async (box) => this.#owed.get(nameOf(box))?.news,
      postpone: async (box, dueAt) => {
        const row = this.#owed.get(nameOf(box));
        if (row) row.dueAt = dueAt;
      },
      settle: async (box, news) => this.#owed.get(nameOf(box))?.news === news && this.#owed.delete(nameOf(box)),
    };
    return moments(this.#sim, process, owed, 'push');
  }

  /** Epoch ms. */
  nextDue = (): number => Math.min(...[...this.#owed.values()].map(({ dueAt }) => dueAt));

  due = (now: number): DueItem[] =>
    [...this.#owed.values()].filter(({ dueAt }) => dueAt <= now).map(({ message }) => outboxKey(message, message.key));

  take({ pk }: DueItem, now: number): OutboxMessage | undefined {
    const row = [...this.#owed.values()].find(({ message }) => intentPk(message) === pk);
    if (!row || row.dueAt > now) return undefined;
    row.dueAt = now + pauseMs;
    return row.message;
  }

  /** What works off the push queue. */
  pumpOf = (process: Process, { context }: { context: () => Context }) =>
    pumping({
      store: this.#ports.storeOf(process),
      boxes: this.#ports.boxesOf(process),
      rows: this.rowsOf(process),
      owed: this.owedOf(process),
      context,
      stopped: (box) => this.#sim.call(process, { what: 'check stops', act: () => this.#ports.isStopped(box) }),
      jitter: () => this.#sim.random.next(),
      carry: (binding, box, entry) =>
        carrying({
          now: () => context().now,
          send: () => this.#send(process, box, entry),
          open: async () => 'secret',
          hand: async () => {},
          isThere: async () => true,
          tell: async () => {},
          failed: () => {},
        })(binding, box, entry),
      again: (message, seconds) => this.#enqueue(process, () => this.#ports.queues().enqueue(message, seconds * 1000)),
      park: (message, { seq, deliveryId, intentId, why }) =>
        this.#enqueue(process, () => {
          this.parked.push({ ...message, body: { ...message.body, replay: seq, deliveryId, intentId, why } });
        }),
    });

  #enqueue = (process: Process, act: () => void) => this.#sim.call(process, { what: 'enqueue', act });

  async #send(process: Process, box: Box, entry: Entry) {
    const pushing = this.of(box);
    const verdict = await this.receivers.take(process, box.address, entry, async () => {
      await this.#ports.tried(pushing, entry, process);
      pushing.tried.add(entry.seq);
    });
    if (verdict.is === 'taken') pushing.taken.add(entry.seq);
    return verdict;
  }

  /** Some have been pushed since before anything came. */
  async begin(keys: readonly ApiKey[]): Promise<void> {
    const at = new Date(this.#sim.now).toISOString();
    const way = {
      kind: 'http' as const,
      url: 'https://receiver.example/',
      keys: [{ id: 'k', sealed: '', createdAt: at }],
    };
    for (const { tenant, agent: address } of keys) {
      if (this.#sim.random.chance(0.5)) continue;
      await this.memory.begin({ tenant, address }, 0);
      await this.memory.bind({ tenant, address }, { ...way, createdAt: at, updatedAt: at, version: 1 });
    }
  }

  /** An agent has its mailbox pushed, from now or from a number on, or no more. */
  bind(key: ApiKey): void {
    const { random } = this.#sim;
    const box = { tenant: key.tenant, address: key.agent };
    const last = this.#ports.entries(box).length;
    const since = random.chance(0.3) ? { since: random.between(0, last) } : {};
    const wish = random.chance(0.85)
      ? { kind: 'http' as const, url: 'https://receiver.example/', ...since }
      : { kind: 'poll' as const };
    this.#act(`${key.agent.slice(-8)} binds ${wish.kind}`, undefined, (process, context) =>
      binder({
        rows: this.rowsOf(process),
        boxes: this.#ports.boxesOf(process),
        owed: this.owedOf(process),
        context,
        people: async () => {
          throw new TypeError('no person is bound');
        },
        seal: async () => 'sealed',
        localReceivers: [],
        internalTargets: [],
      }).bind(key, box, wish, 'bind'),
    );
  }

  /** Somebody who has a part in it has what was given up, or one delivery, pushed again. */
  pushAgain(key: ApiKey, intentId: string, deliveryId: string | undefined): void {
    this.#act('agent has it pushed again', intentId, (process, context) =>
      replay(
        {
          store: this.#ports.storeOf(process),
          rows: this.rowsOf(process),
          boxes: this.#ports.boxesOf(process),
          owed: this.owedOf(process),
          context,
        },
        key,
        { tenant: key.tenant, intentId },
        deliveryId,
        'replay',
      ),
    );
  }

  /** An operator puts dead letters back into their queue. */
  redrive(): void {
    for (const message of this.parked) this.#ports.queues().enqueue(message);
    this.parked = [];
  }

  pushes = async (box: Box): Promise<boolean> => pushes(await this.memory.binding(box));

  #act(name: string, about: string | undefined, work: (process: Process, context: () => Context) => Promise<unknown>) {
    const { timeoutSeconds } = functionSettings.bindings;
    this.#sim.spawn({ name, about, timeoutSeconds, work: (process) => work(process, this.#sim.contextOf(process)) });
  }
}
