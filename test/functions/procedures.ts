/** Procedures on the store in memory: the doors, the functions of a run and its real state machine, without AWS. Time is told. */

import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { verifyChain } from '../../core/audit.ts';
import { perform } from '../../core/commit.ts';
import { HoldpointError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { IntentRef, IntentState } from '../../core/model.ts';
import { type AgentAnswer, answer } from '../../core/rules/answer.ts';
import { awaitAnswer } from '../../core/rules/await-answer.ts';
import { cancel } from '../../core/rules/cancel.ts';
import type { RunInput } from '../../core/rules/common.ts';
import { type DecisionGiven, decide } from '../../core/rules/decide.ts';
import { type DeliveryOrder, delivered } from '../../core/rules/deliver.ts';
import { freeze } from '../../core/rules/override.ts';
import { memoryStore } from '../../core/testing/memory-store.ts';
import { payRuns } from '../../functions/runs/pay.ts';
import type { Accounts } from '../../functions/scenarios/agents.ts';
import { apply, validate } from '../../functions/scenarios/apply.ts';
import { takeSteps } from '../../functions/steps/steps.ts';
import { mend } from '../../functions/sweep/mend.ts';
import { intentTypeOf, typeOfIntent } from '../../intents/index.ts';
import { evaluate, procedureMachine } from '../../statemachines/testing/walk.ts';
import * as given from '../core/builders.ts';

const caller = { keyId: 'k', tenant: given.tenant, agent: given.agent, name: 'support', createdAt: given.start };

/** A run that waits, or is between two states. */
interface Running {
  input: RunInput & JsonObject;
  state: string;
  token?: string;
  until?: string;
}

export function house(directory = given.directory, store = memoryStore()) {
  const newId = given.idsInOrder();
  let now = given.start;
  const context = () => ({ now, newId });
  const machine = procedureMachine();
  const runs = new Map<string, Running>();
  const accounts = new Map<string, string | undefined>();
  const lost: number[] = [];
  const statesEntered = new Map<string, number>();

  const steps = takeSteps({
    store,
    context,
    people: async () => directory,
    typeOf: intentTypeOf,
    readEvidence: async () => ({}),
  });

  /** Follows a run until it waits or ends. `next`: where it goes on. */
  async function go(run: Running): Promise<void> {
    for (let i = 0; i < 2000; i += 1) {
      const state = machine.States[run.state];
      if (!state) throw new Error(`no state ${run.state}`);
      statesEntered.set(run.input.intentId, (statesEntered.get(run.input.intentId) ?? 0) + 1);
      if (state.Type === 'Succeed') {
        runs.delete(run.input.intentId);
        return;
      }
      if (state.Type === 'Choice') {
        const found = await Promise.all(
          (state.Choices ?? []).map(({ Condition }) => evaluate(Condition, { input: run.input })),
        );
        run.state = state.Choices?.[found.indexOf(true)]?.Next ?? (state.Default as string);
        continue;
      }
      const token = randomUUID();
      const at = { context: { Task: { Token: token }, State: {} } };
      const { Payload } = (await evaluate(state.Arguments, { input: run.input, ...at })) as { Payload: JsonObject };
      try {
        const result = await steps({ retry: 0, ...Payload } as never);
        if (state.Resource?.endsWith('.waitForTaskToken')) {
          Object.assign(run, { token, until: run.input.waitUntil });
          return;
        }
        run.input = (await evaluate(state.Output, {
          input: run.input,
          result: { Payload: result },
        })) as Running['input'];
        run.state = state.Next as string;
      } catch (error) {
        if (!(error instanceof HoldpointError)) throw error;
        await caught(run, error.name, JSON.stringify({ errorMessage: error.message }));
      }
    }
    throw new Error('this run does not end');
  }

  async function caught(run: Running, name: string, cause: string): Promise<void> {
    const catcher = machine.States[run.state]?.Catch?.find(({ ErrorEquals }) =>
      ErrorEquals.some((one) => one === name || one === 'States.ALL'),
    );
    if (!catcher) throw new Error(`${run.state} does not catch ${name}`);
    const errorOutput = { Error: name, Cause: cause };
    run.input = (await evaluate(catcher.Output, { input: run.input, errorOutput })) as Running['input'];
    run.state = catcher.Next;
  }

  async function resumeRun(run: Running, error?: string): Promise<void> {
    delete run.token;
    if (error) await caught(run, error, '');
    else run.state = machine.States[run.state]?.Next as string;
    await go(run);
  }

  const pay = payRuns({
    store,
    context,
    lost: (generation) => lost.push(generation),
    machines: {
      async start(input) {
        // Parts' own runs are not looked at here: they end with what their agents answer.
        if (input.type !== 'procedure') return;
        const run: Running = { input: input as Running['input'], state: machine.StartAt };
        runs.set(input.intentId, run);
        await go(run);
      },
      async redeem(token, how) {
        const run = [...runs.values()].find((one) => one.token === token);
        if (!run) return false;
        await resumeRun(run, how === 'success' ? undefined : how);
        return true;
      },
    },
  });

  const refs = new Set<string>();
  const refOf = (intentId: string): IntentRef => ({ tenant: given.tenant, intentId });
  const state = async (id: string): Promise<IntentState> => {
    const found = await store.load(refOf(id), { request: true });
    if (!found) throw new TypeError(`there is no ${id}`);
    return found;
  };

  const known: Accounts = {
    isThere: async (address) => accounts.has(address),
    make: async (name, displayName) => {
      accounts.set(`agent://${given.tenant}/${name}`, displayName);
      return true;
    },
  };
  const ports = { store, directory, accounts: known };

  return {
    store,
    context,
    accounts,
    lost,
    runs,
    state,
    refOf,
    /** How many states its runs have entered. */
    entered: (id: string): number => statesEntered.get(id) ?? 0,
    now: () => now,
    validate: (body: unknown) => validate(ports, caller, body, now),
    async apply(body: unknown, idempotencyKey?: string): Promise<string> {
      const answered = await apply(ports, caller, {
        body,
        idempotencyKey,
        traceId: 'trace-00000001',
        context: context(),
      });
      refs.add(String(answered.intent_id));
      await this.work();
      return String(answered.intent_id);
    },
    /** Everything that is owed to runs and mailboxes by now is paid. */
    async work(): Promise<void> {
      for (let round = 0; round < 500; round += 1) {
        const all = [...refs].flatMap((id) => store.outbox(refOf(id)).map((row) => ({ id, row })));
        const due = all.filter(
          ({ row }) => ['start', 'wake', 'cancel'].includes(row.kind) || (row.kind === 'deliver' && !row.body.lease),
        );
        if (due.length === 0) return;
        for (const { id, row } of due) {
          const message = { ...refOf(id), ...row } as never;
          if (row.kind === 'deliver') {
            if (row.body.reply !== true)
              await perform(store, refOf(id), {}, context, (one) =>
                delivered(one, row.body as unknown as DeliveryOrder, 1, row.key),
              );
            await store.settle(refOf(id), row.key);
          } else await pay(message);
        }
        for (const id of [...refs]) for (const part of await store.children(refOf(id), '', 100)) refs.add(part);
      }
      throw new Error('work never ends');
    },
    /** Time passes: every wait that is over ends, in order. */
    async pass(seconds: number): Promise<void> {
      const until = given.later(now, seconds);
      for (;;) {
        const next = [...runs.values()]
          .filter((run) => run.until !== undefined && run.token && run.until <= until)
          .sort((a, b) => ((a.until as string) < (b.until as string) ? -1 : 1))[0];
        if (!next) break;
        now = [now, next.until as string].sort().at(-1) as string;
        await resumeRun(next, 'States.Timeout');
        await this.work();
      }
      now = until;
    },
    /** What an agent answers to the present part of a procedure. */
    async answers(
      id: string,
      said: AgentAnswer | JsonObject = { do: 'complete', result: { done: true } },
    ): Promise<string> {
      const part = (await state(id)).procedure?.now?.part;
      if (part === undefined) throw new TypeError('no agent is asked');
      refs.add(part);
      const agent = (await state(part)).delivery?.to[0] as string;
      await perform(store, refOf(part), {}, context, (one, at) =>
        answer(one, { agent, requestId: newId() }, said as AgentAnswer, at),
      );
      await this.work();
      return part;
    },
    /** The run of the present part waits, as that of every delegation does. */
    async partWaits(id: string): Promise<void> {
      const part = (await state(id)).procedure?.now?.part as string;
      const asked = { generation: 1, rung: 0, retry: 0, token: 't'.repeat(800) };
      await perform(store, refOf(part), {}, context, (one, at) => awaitAnswer(one, asked, at));
    },
    async decides(id: string, choice: Partial<DecisionGiven> = {}, who = 'ada') {
      const { task, head } = await state(id);
      const type = typeOfIntent(head);
      if (!type) throw new TypeError('a procedure has a type');
      const chosen = { outcome: 'approved', subjectHash: task?.subjectHash ?? '', ...choice };
      await perform(store, refOf(id), { request: true }, context, (one, at) =>
        decide(one, { by: 'person', id: who, via: 'session' }, chosen, type, directory, at),
      );
      await this.work();
    },
    async cancels(id: string): Promise<void> {
      await perform(store, refOf(id), {}, context, (one, at) =>
        cancel(one, { by: 'agent', address: given.agent, requestId: newId(), reason: 'no' }, at),
      );
      await this.work();
    },
    async freezes(id: string): Promise<void> {
      const by = { kind: 'person', id: 'olga', via: 'named at the command line' } as const;
      await perform(store, refOf(id), {}, context, (one, at) => freeze(one, { by, reason: 'It runs wild.' }, at));
      await this.work();
    },
    /** The run is gone, and nothing tells. */
    kill: (id: string) => runs.delete(id),
    /** The sweep finds a head that is overdue. */
    async sweep(id: string): Promise<void> {
      const { head } = await state(id);
      if (head.dueAt !== undefined) now = [now, new Date(head.dueAt + 1000).toISOString()].sort().at(-1) as string;
      const items = [{ pk: `${given.tenant}#${id}`, sk: 's#head' }];
      await mend({
        store,
        context,
        due: { overdue: async () => items as never, take: async () => undefined },
        enqueue: async () => {},
        failed: (error) => {
          throw error;
        },
      });
      await this.work();
    },
    parts: (id: string) => store.children(refOf(id), '', 1000),
    events: (id: string) => store.events(refOf(id), 0, 10_000),
    async begun(id: string): Promise<string[]> {
      const events = await store.events(refOf(id), 0, 10_000);
      return events.flatMap(({ details }) =>
        details.state === 'STEP' ? [`${details.step_id}.${details.attempt}`] : [],
      );
    },
    async verified(id: string): Promise<void> {
      const { head } = await state(id);
      const tip = { seq: head.auditSeq, hash: head.auditHash };
      expect(verifyChain(`${given.tenant}#${id}`, store.records(refOf(id)), tip).faults).toEqual([]);
    },
  };
}
