/** What is open gets a ladder by what holds now, and its run, which waits by the one before, looks again. */

import type { Change } from '../commit.ts';
import { attemptsOf } from '../delegation.ts';
import type { Directory } from '../directory.ts';
import type { IntentType } from '../intent-type.ts';
import { canonicalJson } from '../json.ts';
import type { Rung } from '../ladder.ts';
import type { Delivery, IntentState, Task } from '../model.ts';
import type { Context } from '../ports.ts';
import { dueIn, wakeGraceSeconds, wakesBy } from './common.ts';
import { deliveryLadder, lookAgainAtDelivery } from './deliver.ts';
import { lookAgainRow } from './escalate.ts';
import { ladderFor } from './levels.ts';

type Anew = Required<Pick<Change<unknown>, 'head' | 'events' | 'writes' | 'owed'>>;

const nothing: Anew = { head: {}, events: [], writes: {}, owed: [] };

/** `state`: with its request, as it is to be. */
export function climbsAnew(
  state: IntentState,
  { type, directory }: { type: IntentType; directory: Directory },
  context: Context,
): Anew {
  const { task, delivery } = state;
  if (task?.status === 'open') return ofTask({ ...state, task }, type, directory, context);
  return delivery && !task ? ofDelivery({ ...state, delivery }, context) : nothing;
}

const isSame = (one: readonly Rung[], other: readonly Rung[]): boolean => canonicalJson(one) === canonicalJson(other);

/** Rungs that were due before are over: none happens again, and none is made up for. */
const passedIn = (ladder: readonly Rung[], now: string): number =>
  ladder.slice(0, -1).filter((rung) => Date.parse(rung.at) <= Date.parse(now)).length;

/** When a task's present step began: with the decision that ended the one before. */
const stepBegan = ({ votes, step, openedAt }: Task): string =>
  votes
    .filter((vote) => vote.step < step)
    .map(({ at }) => at)
    .sort()
    .at(-1) ?? openedAt;

function ofTask(state: IntentState & { task: Task }, type: IntentType, directory: Directory, context: Context): Anew {
  const { task: before } = state;
  const { ladder, ignored } = ladderFor(stepBegan(before), state, type, before, directory);
  if (isSame(ladder, before.ladder)) return nothing;
  const { tokenOrder = '', looksAgain } = before;
  const task: Task = {
    ...before,
    ladder,
    rung: passedIn(ladder, context.now),
    ignored: [...new Set([...before.ignored, ...ignored])],
    ...(before.tokenOrder === undefined ? {} : { looksAgain: tokenOrder }),
  };
  // A run that does not wait yet begins by the new ladder; one that was told already to look again does so once.
  const looks = before.tokenOrder !== undefined && looksAgain !== tokenOrder;
  return {
    head: { dueAt: wakesBy(task, context.now) },
    events: [],
    writes: { task },
    owed: looks ? [lookAgainRow(task, dueIn(context.now, wakeGraceSeconds))] : [],
  };
}

function ofDelivery({ head, request, delivery: before }: IntentState & { delivery: Delivery }, context: Context): Anew {
  const ladder = deliveryLadder(head.createdAt, request, head.deadlineAt);
  const { tokenOrder, looksAgain } = before;
  const maxAttempts = Math.max(before.attempt, attemptsOf(request));
  if (isSame(ladder, before.ladder)) return { ...nothing, writes: { delivery: { ...before, maxAttempts } } };
  const delivery: Delivery = {
    ...before,
    ladder,
    rung: passedIn(ladder, context.now),
    maxAttempts,
    ...(tokenOrder === undefined ? {} : { looksAgain: tokenOrder }),
  };
  const looks = tokenOrder !== undefined && looksAgain !== tokenOrder;
  return {
    head: { dueAt: wakesBy(delivery, context.now) },
    events: [],
    writes: { delivery },
    owed: looks ? [lookAgainAtDelivery(tokenOrder, context)] : [],
  };
}
