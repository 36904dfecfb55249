/** The platform around the rules, whole: table, stream, queues, executions, functions, provider, mail, people and agents. */

import type { DueItem } from '../../adapters/due.ts';
import { toolEvent, useTool } from '../../adapters/lambda/use-tool.ts';
import { messageOf, type OutboxMessage } from '../../adapters/messages.ts';
import { headSk, intentPk, outboxKey, outboxPrefix } from '../../adapters/rows.ts';
import type { Cap } from '../../core/budget.ts';
import { perform, type SealedCommit } from '../../core/commit.ts';
import type { ActionType, Evidence, IntentType } from '../../core/intent-type.ts';
import type { Head, IntentRef } from '../../core/model.ts';
import type { Digests, Store } from '../../core/ports.ts';
import { freeze } from '../../core/rules/override.ts';
import { type StopTarget, stopKey, stopsFor, stopsForBox } from '../../core/stops.ts';
import { memoryDigests } from '../../core/testing/memory-digests.ts';
import { type MemoryStore, memoryStore } from '../../core/testing/memory-store.ts';
import { payMail } from '../../functions/mail/pay.ts';
import { payRuns } from '../../functions/runs/pay.ts';
import { stepEvent, takeSteps } from '../../functions/steps/steps.ts';
import { mend } from '../../functions/sweep/mend.ts';
import { issueRefund } from '../../functions/tools/issue_refund/contract.ts';
import { functionSettings } from '../../infra/settings.ts';
import { intentTypeOf, typeOfIntent } from '../../intents/index.ts';
import { evidenceOf } from '../core/builders.ts';
import { Agents } from './agents.ts';
import { Budgets, type Capped } from './budgets.ts';
import { Ghosts } from './ghosts.ts';
import { type Fn, Machines } from './machines.ts';
import { Mailroom } from './mailroom.ts';
import { Approvers } from './people.ts';
import type { Process } from './process.ts';
import { PaymentProvider } from './provider.ts';
import { toldOfDead, tried } from './push-invariants.ts';
import { Pushes } from './pushes.ts';
import { Queues } from './queues.ts';
import { type Given, Sim } from './sim.ts';
import { tableOf } from './table.ts';
import { Workers } from './workers.ts';

/** An outbox row is enqueued again after this long (adapters/due.ts). */
const pauseMs = 5 * 60_000;

export class World {
  readonly sim: Sim;
  readonly memory: MemoryStore = memoryStore();
  readonly ghosts: Ghosts;
  readonly machines: Machines;
  readonly queues: Queues;
  readonly provider: PaymentProvider;
  readonly people: Approvers;
  readonly agents: Agents;
  readonly mailroom: Mailroom;
  readonly workers: Workers;
  readonly pushes: Pushes;
  readonly stops = new Map<string, StopTarget>();
  /** Of the tool's contract, as the steps and as the tool's function have it: they are deployed one after the other. */
  contract = { steps: issueRefund.version, tool: issueRefund.version };
  sweptAt = 0;
  readonly #budgets = new Budgets();

  constructor(seed: number, given: Given) {
    this.sim = new Sim(seed, given);
    this.ghosts = new Ghosts(this.sim);
    this.machines = new Machines(this.sim, (arn) => (arn.includes('steps') ? this.#steps : this.#tool));
    this.queues = new Queues(this.sim, (message, process) => this.#consume(message, process));
    this.provider = new PaymentProvider(this.sim, (payment, all) => this.ghosts.paid(payment, all));
    this.people = new Approvers(this.sim, {
      storeOf: this.storeOf,
      typeOf: this.typeOfIntent,
      digests: this.#digests(),
      isStopped: (head) => this.#isStopped(stopsFor(head)),
    });
    this.mailroom = new Mailroom(this.sim, (targets) => this.#isStopped(targets));
    this.pushes = new Pushes(this.sim, {
      queues: () => this.queues,
      storeOf: this.storeOf,
      boxesOf: (process) => this.mailroom.rowsOf(process),
      entries: this.mailroom.all,
      isStopped: (box) => this.#isStopped(stopsForBox(box)),
      tried: (...of) => tried(this, ...of),
      buried: (_box, { intentId, deliveryId }) => {
        const fault = toldOfDead(this.ghosts.all.get(intentId), deliveryId);
        if (fault !== undefined) this.sim.broke('toldOfDead', intentId, fault);
      },
    });
    this.agents = new Agents(this.sim, {
      storeOf: this.storeOf,
      typeOf: this.typeOfIntent,
      people: () => this.people.directory,
    });
    this.workers = new Workers(this.sim, { storeOf: this.storeOf, mailroom: this.mailroom, agents: this.agents });
  }

  #isStopped(targets: readonly StopTarget[]): boolean {
    const standing = [...this.stops.values()].map(stopKey);
    return targets.some((target) => standing.includes(stopKey(target)));
  }

  storeOf = (process: Process): Store =>
    tableOf(this.sim, this.memory, process, {
      committed: (commit, by) => this.#committed(commit, by),
      settled: (ref, key) => this.ghosts.settled(ref.intentId, [key], this.#post()),
    });

  #post = () => ({ mails: this.people.mails, somebodyLeft: this.people.somebodyLeft, mailroom: this.mailroom });

  /** As the doors of people and agents find it. */
  typeOfIntent = (head: Head): IntentType | undefined => (head.delegated ? typeOfIntent(head) : this.typeOf(head.type));

  typeOf = (name: string): IntentType | undefined => {
    const type = intentTypeOf(name);
    if (type?.shape !== 'action') return type;
    // A review may be decided in every way that an approval may, and be sent back.
    const task = { ...type.task, type: 'review' as const };
    return { ...type, task, tools: type.tools.map((tool) => ({ ...tool, version: this.contract.steps })) };
  };

  sweep(): void {
    this.sweptAt = this.sim.now;
    this.sim.spawn({
      name: 'sweep',
      timeoutSeconds: functionSettings.sweep.timeoutSeconds,
      work: (process) =>
        mend({
          store: this.storeOf(process),
          context: this.sim.contextOf(process),
          due: this.#dueOf(process),
          enqueue: (message) => this.sim.call(process, { what: 'enqueue', act: () => this.queues.enqueue(message) }),
          failed: () => {},
        }),
    });
  }

  stop(target: StopTarget): void {
    this.memory.stop(target);
    this.stops.set(JSON.stringify(target), target);
    this.sim.tell(undefined, () => `operator: stops ${JSON.stringify(target)}`);
  }

  resume(): void {
    for (const target of this.stops.values()) this.memory.resume(target);
    if (this.stops.size > 0) this.sim.tell(undefined, () => 'operator: lifts all stops');
    this.stops.clear();
  }

  /** An operator sets what an agent or its tenant may use up. */
  cap(tenant: string, target: Capped, caps: Cap[]): void {
    this.memory.cap(target, caps);
    this.#budgets.set(tenant, target, caps);
    this.sim.tell(undefined, () => `operator: caps ${target.kind} ${target.id} ${JSON.stringify(caps)}`);
  }

  /** An operator takes an intent over, by the command line. */
  freeze(ref: IntentRef): void {
    this.sim.spawn({
      name: 'operator freezes',
      about: ref.intentId,
      work: async (process) => {
        const by = { kind: 'person', id: 'olga', via: 'named at the command line' } as const;
        await perform(this.storeOf(process), ref, {}, this.sim.contextOf(process), (state, at) =>
          freeze(state, { by, reason: 'The bot runs wild.' }, at),
        );
      },
    });
  }

  /** A new version of the tool's contract reaches one of the functions that know it. */
  deploy(): void {
    if (this.contract.steps === this.contract.tool) this.contract.steps = `${Number(this.contract.steps) + 1}`;
    else this.contract.tool = this.contract.steps;
    this.sim.tell(undefined, () => `deploy: contract ${JSON.stringify(this.contract)}`);
  }

  #committed(commit: SealedCommit, by: Process): void {
    const { tenant, intentId } = commit.head;
    const over = this.#budgets.count(commit);
    if (over !== undefined) this.sim.broke('withinBudgets', intentId, over);
    this.ghosts.committed(commit, {
      stops: [...this.stops.values()],
      by,
      mails: this.people.mails,
      mailroom: this.mailroom,
    });
    this.ghosts.settled(intentId, commit.settled, this.#post());
    for (const row of commit.owed) this.queues.record(messageOf({ ...row, tenant, intentId }));
  }

  #consume(message: OutboxMessage, process: Process): Promise<void> {
    const ports = { store: this.storeOf(process), context: this.sim.contextOf(process) };
    if (message.kind === 'deliver') {
      const bound = { bindings: this.pushes.rowsOf(process), pushes: this.pushes.owedOf(process) };
      return this.mailroom.payOf(process, { ...ports, ...bound })(message);
    }
    if (message.kind === 'push') return this.pushes.pumpOf(process, ports)(message);
    if (message.kind === 'mail') return payMail({ ...ports, ...this.people.mailPortsOf(process) })(message);
    const lost = (generation: number) => this.sim.tell(process.about, () => `run lost, generation ${generation}`);
    return payRuns({ ...ports, machines: this.machines.portOf(process), lost })(message);
  }

  #digests(): Digests {
    const digests = memoryDigests(this.memory);
    return {
      ...digests,
      collect: async (row, personId, at) => {
        this.ghosts.collected(row, at);
        return digests.collect(row, personId, at);
      },
    };
  }

  #dueOf = (process: Process) => ({
    overdue: (now: number): Promise<DueItem[]> =>
      this.sim.call(process, {
        what: 'read what is due',
        act: () => [
          ...this.memory
            .due(now)
            .map(({ ref, key }) => (key === undefined ? { pk: intentPk(ref), sk: headSk } : outboxKey(ref, key))),
          ...this.pushes.due(now),
        ],
      }),
    take: (item: DueItem, now: number): Promise<Record<string, unknown> | undefined> =>
      this.sim.call(process, {
        what: 'take a row',
        act: () => {
          const push = this.pushes.take(item, now);
          if (push) return { ...push };
          const { pk, sk } = item;
          const cut = pk.lastIndexOf('#');
          const ref = { tenant: pk.slice(0, cut), intentId: pk.slice(cut + 1) };
          const row = this.memory.take(ref, sk.slice(outboxPrefix.length), now, now + pauseMs);
          return row && { ...row, ...ref };
        },
      }),
  });

  readonly #steps: Fn = {
    timeoutSeconds: functionSettings.steps.timeoutSeconds + 15,
    work: (payload, process) =>
      takeSteps({
        store: this.storeOf(process),
        context: this.sim.contextOf(process),
        people: async () => this.people.directory,
        typeOf: this.typeOf,
        readEvidence: (type) => this.#readEvidence(type, process),
      })(stepEvent.parse(payload)),
  };

  readonly #tool: Fn = {
    timeoutSeconds: issueRefund.functionTimeoutSeconds,
    work: (payload, process) => {
      process.owner = this.sim.newId();
      const tool = { ...issueRefund, version: this.contract.tool };
      const ports = [this.storeOf(process), this.provider.portOf(process), this.sim.contextOf(process)] as const;
      return useTool(tool, ...ports)(toolEvent.parse(payload), process.owner);
    },
  };

  #readEvidence = (_type: ActionType, process: Process): Promise<Record<string, Evidence>> =>
    this.sim.call(process, { what: 'read the charge', act: () => evidenceOf() });
}
