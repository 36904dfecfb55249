/** What a message of the runs queue owes: the start of a run, or the answer that its wait is for. */

import { runInput } from '../../adapters/lambda/step.ts';
import type { OutboxMessage } from '../../adapters/messages.ts';
import { perform } from '../../core/commit.ts';
import type { Context, Store } from '../../core/ports.ts';
import type { RunInput } from '../../core/rules/common.ts';
import { nextGeneration } from '../../core/rules/generation.ts';
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

  return (message: OutboxMessage): Promise<void> => (message.kind === 'start' ? start(message) : wake(message));
}
