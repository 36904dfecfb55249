/**
 * A small world around one intent: runs, tool invocations, mails, approvers and the sweep act in any order, steps are
 * repeated, answers get lost, functions and runs die. What may happen is what the platform does; who decides is the caller.
 */

import { perform, type SealedCommit } from '../../core/commit.ts';
import { HoldpointError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { isTerminal } from '../../core/lifecycle.ts';
import type { OutboxRow } from '../../core/model.ts';
import type { Store } from '../../core/ports.ts';
import { deadlineOf, type RunInput } from '../../core/rules/common.ts';
import { decide } from '../../core/rules/decide.ts';
import { escalate } from '../../core/rules/escalate.ts';
import { complete, recordFailure } from '../../core/rules/finish.ts';
import { nextGeneration } from '../../core/rules/generation.ts';
import { linkFor, type MailOrder, mailAccepted } from '../../core/rules/link.ts';
import { type Checked, policyCheck } from '../../core/rules/policy-check.ts';
import { type AfterRung, climb } from '../../core/rules/rung.ts';
import { type Submission, submit } from '../../core/rules/submit.ts';
import { wakeOf } from '../../core/rules/wake.ts';
import { type MemoryStore, memoryStore } from '../../core/testing/memory-store.ts';
import * as given from './builders.ts';
import { linkHashOf } from './story.ts';
import { ToolWorld } from './tool-world.ts';

type Place =
  | 'CHECK'
  | 'ESCALATE'
  | 'WAITING'
  | 'RUNG'
  | 'EXECUTE'
  | 'IN_TOOL'
  | 'PAUSE'
  | 'VERIFY'
  | 'COMPLETE'
  | 'ENDED';

export interface Run {
  input: RunInput;
  at: Place;
  retry: number;
  token: string;
  /** Epoch ms: when the wait or the pause is over. */
  until: number;
}

export class World {
  readonly store: Store;
  readonly memory: MemoryStore = memoryStore();
  readonly ref: { tenant: string; intentId: string };
  readonly commits: SealedCommit[] = [];
  readonly tools: ToolWorld;
  readonly runs: Run[] = [];
  readonly links: string[] = [];
  readonly #type: NonNullable<Submission['type']>;
  readonly #newId = given.idsInOrder();
  readonly #started = new Set<number>();
  /** How many of the next commits lose their answer. */
  #lost = 0;
  #tokens = 0;
  #now = Date.parse(given.start);

  constructor(asked: Partial<Submission>) {
    this.#type = asked.type ?? given.approvalType;
    this.store = {
      ...this.memory,
      commit: async (commit) => {
        const outcome = await this.memory.commit(commit);
        if (!outcome.ok) return outcome;
        this.commits.push(structuredClone(commit));
        if (this.#lost === 0) return outcome;
        this.#lost -= 1;
        return { ok: false, because: 'changed' };
      },
    };
    const { commit } = submit(given.submission(asked), this.context());
    this.ref = { tenant: commit.head.tenant, intentId: commit.head.intentId };
    this.#first = this.store.commit(commit);
    this.tools = new ToolWorld(this.store, this.ref, this.context);
  }
  readonly #first: Promise<unknown>;

  context = () => ({ now: new Date(this.#now).toISOString(), newId: this.#newId });
  begun = () => this.#first;
  now = () => this.#now;
  pass = (seconds: number): void => {
    this.#now += seconds * 1000;
  };
  loseAnswers = (commits: number): void => {
    this.#lost = commits;
  };
  state = async () => {
    const state = await this.store.load(this.ref, { effectId: `${this.ref.intentId}.1` });
    if (!state) throw new TypeError('the world has an intent');
    return state;
  };
  outbox = (): OutboxRow[] => this.memory.outbox(this.ref);

  /** A queue delivers a message; again and again, where it is not settled. */
  async deliver({ kind, key, body }: OutboxRow): Promise<void> {
    if (kind === 'start') return this.#start(key, body.input as unknown as RunInput);
    if (kind === 'wake') return this.#wake(key);
    const order = body as unknown as MailOrder;
    const hash = linkHashOf(order.linkId);
    const link = linkFor(await this.store.load(this.ref), order, hash, this.context().now);
    if (!link) return this.store.settle(this.ref, key);
    await this.store.putLink(link);
    this.links.push(hash);
    const sent = { link, row: key, why: order.why, messageId: 'm' };
    await perform(this.store, this.ref, { linkHash: hash }, this.context, (state, at) => mailAccepted(state, sent, at));
  }

  async #start(key: string, input: RunInput): Promise<void> {
    // An execution's name can be used once.
    if (!this.#started.has(input.generation)) {
      this.#started.add(input.generation);
      const at = this.#type.shape === 'action' ? 'CHECK' : 'ESCALATE';
      this.runs.push({ input, at, retry: 0, token: '', until: 0 });
    }
    await this.store.settle(this.ref, key);
  }

  async #wake(key: string): Promise<void> {
    const wake = wakeOf(await this.store.load(this.ref));
    if (wake.do === 'leave') return;
    if (wake.do === 'redeem') {
      const taken = this.#redeem(wake.token, wake.answer);
      if (!wake.last) {
        if (taken) return;
        const lost = (await this.state()).head.generation;
        await perform(this.store, this.ref, {}, this.context, (now, at) => nextGeneration(now, at, lost));
        return;
      }
    }
    await this.store.settle(this.ref, key);
  }

  #redeem(token: string, answer: string): boolean {
    const run = this.runs.find((one) => one.at === 'WAITING' && one.token === token && one.until > this.#now);
    if (!run) return false;
    const goesOn = answer === 'success' && this.#type.shape === 'action';
    this.#go(run, goesOn ? 'EXECUTE' : 'ENDED');
    return true;
  }

  /** Somebody holding a link posts a decision. */
  post = (hash: string, outcome: string, comment: string): Promise<unknown> =>
    this.#tolerant(async () => {
      const subjectHash = (await this.state()).task?.subjectHash ?? '';
      await perform(this.store, this.ref, { linkHash: hash }, this.context, (state, at) =>
        decide(state, { outcome, comment, subjectHash }, this.#type, given.directory, at),
      );
    });

  sweep = (): Promise<unknown> =>
    this.#tolerant(async () => {
      const { head } = await this.state();
      if (head.dueAt === undefined || head.dueAt > this.#now) return;
      await perform<unknown>(this.store, this.ref, {}, this.context, (state, at) => {
        const task = state?.task;
        const over = task?.status === 'open' && Date.parse(deadlineOf(task)) <= this.#now;
        return over ? climb(state, head.generation, at) : nextGeneration(state, at);
      });
    });

  /** The platform kills an execution. */
  kill = (run: Run): void => this.#go(run, 'ENDED');

  /** The step's function commits, but the state machine never hears of it and tries again. */
  async repeat(run: Run): Promise<void> {
    const before = { ...run };
    await this.step(run);
    if (before.at === 'CHECK' || before.at === 'ESCALATE' || before.at === 'RUNG')
      Object.assign(run, before, { retry: before.retry + 1 });
  }

  /** One run goes one state further, as its state machine would. */
  async step(run: Run): Promise<void> {
    try {
      await this.#advance(run);
    } catch (error) {
      if (!(error instanceof HoldpointError)) throw error;
      if (error.name === 'Superseded' || error.name === 'Cancelled') return this.#go(run, 'ENDED');
      await this.fail(run, error.name);
    }
  }

  async fail(run: Run, name: string): Promise<void> {
    this.#go(run, 'ENDED');
    const caught = { name, cause: '{}' };
    await perform(this.store, this.ref, {}, this.context, (state, at) =>
      recordFailure(state, run.input.generation, caught, at),
    );
  }

  async #advance(run: Run): Promise<void> {
    const { input } = run;
    const { generation } = input;
    const load = { request: true, effectId: `${this.ref.intentId}.1` };
    switch (run.at) {
      case 'CHECK': {
        const evidence = given.evidenceOf();
        const checked: Checked = await perform(this.store, this.ref, load, this.context, (state, at) =>
          policyCheck(state, generation, given.refundType, evidence, at),
        );
        run.input = { ...input, waitUntil: checked.waitUntil, rung: checked.rung };
        return this.#go(run, { allowed: 'EXECUTE', approval: 'ESCALATE', denied: 'ENDED' }[checked.outcome] as Place);
      }
      case 'ESCALATE': {
        this.#tokens += 1;
        const token = `token-${this.#tokens}`;
        const asked = { generation, rung: input.rung, retry: run.retry, token };
        await perform(this.store, this.ref, load, this.context, (state, at) =>
          escalate(state, asked, this.#type, given.directory, at),
        );
        const seconds = Math.max(1, Math.ceil((Date.parse(input.waitUntil) - this.#now) / 1000));
        return this.#go(run, 'WAITING', { token, until: this.#now + seconds * 1000 });
      }
      case 'WAITING':
        return this.#now >= run.until ? this.#go(run, 'RUNG') : undefined;
      case 'RUNG': {
        const after: AfterRung = await perform(this.store, this.ref, {}, this.context, (state, at) =>
          climb(state, generation, at, input.rung),
        );
        if (after.next === 'wait') run.input = { ...input, waitUntil: after.waitUntil, rung: after.rung };
        return this.#go(run, ({ wait: 'ESCALATE', approved: 'EXECUTE', ended: 'ENDED' } as const)[after.next]);
      }
      case 'EXECUTE':
        this.tools.invoke(generation);
        return this.#go(run, 'IN_TOOL');
      case 'IN_TOOL':
        return this.#afterTool(run);
      case 'PAUSE':
        return this.#now >= run.until ? this.#go(run, 'EXECUTE') : undefined;
      case 'VERIFY':
        await this.tools.verify(generation);
        return this.#go(run, 'COMPLETE');
      case 'COMPLETE':
        await perform(this.store, this.ref, load, this.context, (state) => complete(state, generation));
        return this.#go(run, 'ENDED');
      case 'ENDED':
        return;
    }
  }

  #afterTool(run: Run): Promise<void> | void {
    const ended = this.tools.outcomeOf(run.input.generation);
    if (ended === 'running') return;
    if (ended === 'done') return this.#go(run, 'VERIFY');
    if (ended === 'unknown') return this.#go(run, 'PAUSE', { until: this.#now + 15_000 });
    if (ended === 'Superseded' || ended === 'Cancelled') return this.#go(run, 'ENDED');
    return this.fail(run, ended);
  }

  #go(run: Run, at: Place, more: Partial<Run> = {}): void {
    Object.assign(run, { at, retry: 0 }, more);
  }

  async #tolerant(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof HoldpointError)) throw error;
    }
  }

  /** The course of things: what is owed is delivered, every run and every invocation goes one step further. */
  async flow(): Promise<void> {
    for (const row of this.outbox()) await this.deliver(row);
    for (const run of this.runs) await this.step(run);
    for (const invocation of this.tools.invocations) await this.tools.advance(invocation);
  }

  ended = async (): Promise<boolean> => isTerminal((await this.state()).head.status);
  /** Everything still works: all that is owed is delivered, all runs go on, the clock moves to what is due next. */
  async calmDown(maxRounds: number): Promise<boolean> {
    this.#lost = 0;
    for (let round = 0; round < maxRounds; round += 1) {
      if (await this.ended()) return true;
      this.tools.next = { paysAfterMs: 0, says: 'succeeded' };
      await this.flow();
      await this.sweep();
      const moving = this.runs.some((run) => !['WAITING', 'PAUSE', 'ENDED'].includes(run.at));
      if (!moving) await this.#sleepTillDue();
    }
    return this.ended();
  }

  async #sleepTillDue(): Promise<void> {
    const times = this.runs.filter((run) => run.at === 'WAITING' || run.at === 'PAUSE').map((run) => run.until);
    const { dueAt } = (await this.state()).head;
    const next = Math.min(...[...times, ...(dueAt === undefined ? [] : [dueAt])].filter((at) => at > this.#now));
    this.#now = Number.isFinite(next) ? next : this.#now + 1000;
  }
}

export const refundAsked = (payload: JsonObject = {}): Partial<Submission> => ({
  type: given.refundType,
  payload: given.refundPayload(payload),
});
