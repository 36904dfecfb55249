/** What a wake owes to the run: the answer to its waiting state, from a closed set. */

import type { Json, JsonObject } from '../json.ts';
import { isTerminal } from '../lifecycle.ts';
import type { IntentState, Task } from '../model.ts';
import { outcomesOf } from '../tasks.ts';
import { waitsInVain } from './escalate.ts';

export type Wake =
  /** Nothing waits any more: the row can go. */
  | { do: 'drop' }
  /** The run has not said where it waits yet; its next step owes a wake of its own. */
  | { do: 'leave' }
  /** The wait's time has changed: the run looks again, and settles the row with its next token. */
  | { do: 'look_again'; token: string }
  | { do: 'redeem'; token: string; answer: 'success' | 'PolicyDenied' | 'Cancelled'; last: boolean };

/** `last`: the intent, or the run that waits, is over, so nothing depends on whether this answer arrives. `body`: the outbox row's. */
export function wakeOf(state: IntentState | undefined, body: JsonObject = {}): Wake {
  const { replaces } = state?.task ?? {};
  if (replaces && body.taskId === replaces.taskId)
    return { do: 'redeem', token: replaces.token, answer: 'Cancelled', last: true };
  if (body.delivery === true) return wakeOfDelivery(state);
  if (body.step !== undefined) return wakeOfStep(state, body.step);
  const task = taskIn(state, body.taskId);
  if (!state || !task) return { do: 'drop' };
  if (task.status === 'returned' && task.token !== undefined)
    return { do: 'redeem', token: task.token, answer: 'Cancelled', last: true };
  if (task.status === 'open' || body.lookAgain !== undefined) {
    const waits = task.status === 'open' && !isTerminal(state.head.status) && task.tokenOrder === body.lookAgain;
    return waits && task.token !== undefined ? { do: 'look_again', token: task.token } : { do: 'drop' };
  }
  const last = isTerminal(state.head.status);
  // A later run goes on already, or will owe a wake of its own. Its predecessor, if it still waits, would do so for days.
  if (!last && waitsInVain(task, state.head.generation) && task.token !== undefined)
    return { do: 'redeem', token: task.token, answer: 'Cancelled', last: true };
  if (!last && state.head.openEffects > 0) return { do: 'drop' };
  if (task.token === undefined) return { do: 'leave' };
  const isFor = outcomesOf(task.type).find((o) => o.name === task.decision?.outcome)?.for;
  const completed = state.head.status === 'COMPLETED' || !last;
  // How an operator ended it is no approval: the run has nothing left to do.
  const answer = task.takeover ? 'Cancelled' : answerOf(isFor, completed);
  return { do: 'redeem', token: task.token, answer, last };
}

/** The agent has answered, or nobody waits for it any more; the run has nothing left to do. One that comes to wait later finds that itself. */
function wakeOfDelivery(state: IntentState | undefined): Wake {
  const { head, delivery } = state ?? {};
  if (!head || delivery?.token === undefined) return { do: 'drop' };
  const over = isTerminal(head.status) || waitsInVain(delivery, head.generation);
  return over ? { do: 'redeem', token: delivery.token, answer: 'Cancelled', last: true } : { do: 'drop' };
}

/** The procedure's step has ended, or the procedure; or its run was superseded. */
function wakeOfStep(state: IntentState | undefined, begun: Json): Wake {
  const { head, procedure } = state ?? {};
  if (!head || !procedure) return { do: 'drop' };
  const { token } = procedure;
  if (isTerminal(head.status) || waitsInVain(procedure, head.generation))
    return token === undefined ? { do: 'drop' } : { do: 'redeem', token, answer: 'Cancelled', last: true };
  if (procedure.begun !== begun || !procedure.now?.ended) return { do: 'drop' };
  return token === undefined ? { do: 'leave' } : { do: 'redeem', token, answer: 'success', last: false };
}

/** The task that the row is about: the present one, or one that was sent back and asked anew since. */
const taskIn = (state: IntentState | undefined, taskId: Json | undefined): Task | undefined =>
  [state?.task, ...(state?.earlier ?? []).map(({ task }) => task)].find(
    (task) => task && (taskId === undefined || task.taskId === taskId),
  );

const answerOf = (isFor: boolean | undefined, completed: boolean) => {
  if (isFor === undefined) return 'Cancelled';
  return isFor || completed ? 'success' : 'PolicyDenied';
};
