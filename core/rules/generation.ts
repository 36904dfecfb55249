/** A run that stays silent past its time is taken for dead: the next generation goes on from the table. */

import type { Change, Done } from '../commit.ts';
import { isTerminal } from '../lifecycle.ts';
import type { IntentState } from '../model.ts';
import type { Context } from '../ports.ts';
import { dueIn, existing, nextRung, runInputOf, stepGraceSeconds, system } from './common.ts';
import { wakeRowKeys } from './escalate.ts';
import { awaitsOperators, operatorsWait } from './override-task.ts';
import { startRow } from './submit.ts';

/**
 * Only while the head is overdue, so that two sweeps start one generation; or, with `lost`, while that generation,
 * whose token nobody takes any more, is still the current one. While the agent is asked for changes, no run is missing.
 */
export function nextGeneration(
  given: IntentState | undefined,
  context: Context,
  lost?: number,
): Change<number> | Done<number> {
  const state = existing(given);
  const { head, task, delivery, procedure } = state;
  const overdue = head.dueAt !== undefined && head.dueAt <= Date.parse(context.now);
  if (isTerminal(head.status) || task?.status === 'returned' || !(overdue || head.generation === lost))
    return { done: head.generation };
  const generation = head.generation + 1;
  const waits = procedure ? undefined : (task ?? delivery);
  const next = awaitsOperators(state) ? operatorsWait(state, context.now) : waits && nextRung(waits)?.at;
  const input = runInputOf({ ...head, generation }, next ?? context.now, waits?.rung);
  return {
    command: `generation:${generation}`,
    action: 'run.restarted',
    actor: system('sweep'),
    head: { generation, dueAt: dueIn(context.now, stepGraceSeconds) },
    events: [],
    data: { generation },
    // Nobody waits any more: nothing is left to wake.
    settled: task && head.generation === lost ? wakeRowKeys(task, lost) : [],
    owed: [startRow(input, context.now)],
    result: generation,
  };
}
