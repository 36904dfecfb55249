/** What a message of the runs queue owes: the start of a run, the answer that its wait is for, or the end of an intent's parts. */

import { runInput } from '../../adapters/lambda/run-input.ts';
import type { OutboxMessage } from '../../adapters/messages.ts';
import { perform } from '../../core/commit.ts';
import type { Context, Store } from '../../core/ports.ts';
import { cancel } from '../../core/rules/cancel.ts';
import type { RunInput } from '../../core/rules/common.ts';
import { nextGeneration } from '../../core/rules/generation.ts';
import { partEnded } from '../../core/rules/procedure-part.ts';
import { type Wake, wakeOf } from '../../core/rules/wake.ts';

export interface Machines {
  /** Starting the same generation again changes nothing. */
  start(input: RunInput): Promise<void>;
  /** False: nobody waits under this token any more. */
  redeem(token: string, answer: Extract<Wake, { do: 'redeem' }>['answer'] | 'Rearm'): Promise<boolean>;
}

export interface Ports {
  store: Store;
  machines: Machines;
  context: () => Context;
  /** Told which generation goes on where a run was lost. */
  lost: (generation: number) => void;
}

/** Read at once of the parts of an intent. */
const partsAtOnce = 100;

export function payRuns({ store, machines, context, lost }: Ports) {
  async function start(message: OutboxMessage): Promise<void> {
    await machines.start(runInput.parse(message.body.input));
    await store.settle(message, message.key);
  }

  /**
   * A wake stays owed until a step has committed past the wait (which removes the row). Where nobody takes the token and
   * the table, read again, shows that nothing has moved, the run is lost: the next generation goes on.
   */
  async function wake(message: OutboxMessage): Promise<void> {
    if (typeof message.body.procedure === 'string') return stepEnded(message, message.body.procedure);
    const state = await store.load(message);
    const due = wakeOf(state, message.body);
    if (due.do === 'leave') return;
    // Taken or not, the run's next token settles it; a run that is lost is found by its head.
    if (due.do === 'look_again') return void (await machines.redeem(due.token, 'Rearm'));
    if (due.do === 'redeem') {
      const taken = await machines.redeem(due.token, due.answer);
      if (!due.last) return taken ? undefined : goOnWithout(message, due.token);
    }
    await store.settle(message, message.key);
  }

  /** The procedure has the step's result, and owes a wake of its own. */
  async function stepEnded(message: OutboxMessage, procedure: string): Promise<void> {
    const part = await store.load(message);
    const ref = { tenant: message.tenant, intentId: procedure };
    if (part) await perform(store, ref, {}, context, (state, at) => partEnded(state, part, at));
    await store.settle(message, message.key);
  }

  async function goOnWithout(message: OutboxMessage, token: string): Promise<void> {
    const again = wakeOf(await store.load(message), message.body);
    if (again.do !== 'redeem' || again.last) return store.settle(message, message.key);
    if (again.token !== token && (await machines.redeem(again.token, again.answer))) return;
    const state = await store.load(message);
    const generation = await perform(store, message, {}, context, (now, at) =>
      nextGeneration(now, at, state?.head.generation),
    );
    lost(generation);
  }

  /** What is a part of a withdrawn intent is withdrawn too; each of them owes the same for its own parts. */
  async function cancelParts(message: OutboxMessage): Promise<void> {
    for (let after = ''; ; ) {
      const parts = await store.children(message, after, partsAtOnce);
      for (const intentId of parts)
        await perform(store, { tenant: message.tenant, intentId }, {}, context, (state, at) =>
          cancel(state, { by: 'parent', intentId: message.intentId }, at),
        );
      if (parts.length < partsAtOnce) break;
      after = parts.at(-1) as string;
    }
    await store.settle(message, message.key);
  }

  const pay: Record<string, (message: OutboxMessage) => Promise<void>> = { start, wake, cancel: cancelParts };
  return async (message: OutboxMessage): Promise<void> => {
    const how = pay[message.kind];
    if (!how) throw new TypeError(`this queue has no ${message.kind}`);
    await how(message);
  };
}
