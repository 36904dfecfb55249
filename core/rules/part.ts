/** What a person has to do with one task: whether they see it, and which of its moves are theirs. The moves' own rules say so. */

import type { Change, Done } from '../commit.ts';
import type { Directory, Person } from '../directory.ts';
import { isRequester, mayDecide } from '../eligible.ts';
import { HoldpointError } from '../errors.ts';
import type { IntentType } from '../intent-type.ts';
import type { Decision, IntentState, Task } from '../model.ts';
import type { Context } from '../ports.ts';
import { recall, takeBack, takeOver } from './delegate.ts';
import { freezeAs } from './override.ts';
import { questionOf, voteOf } from './steps.ts';

export interface Part {
  /** They are asked in the present step, and may decide it as the directory is now. */
  asked: boolean;
  /** What they have decided in it. */
  own?: Decision;
  /** Somebody is asked, or has decided, in their place. */
  stoodInFor: boolean;
  /** The agent acts for them. */
  isRequester: boolean;
  takesBack: boolean;
  takesOver: boolean;
  withdraws: boolean;
  freezes: boolean;
}

/** Whether a person is asked in the present step, and may decide it as the directory is now. */
export function isAsked(state: IntentState & { task: Task }, person: Person, directory: Directory): boolean {
  const asked = state.task.approvers.find(({ id }) => id === person.id);
  return asked !== undefined && mayDecide(person, questionOf(state, asked), directory);
}

/** Undefined where it is none of theirs. */
export function partOf(
  state: IntentState & { task: Task },
  who: { id: string; via: string },
  type: IntentType | undefined,
  directory: Directory,
  context: Context,
): Part | undefined {
  const { task, head } = state;
  const person = directory.find(who.id);
  if (!person) return undefined;
  const signed = { by: 'person', ...who } as const;
  const own = voteOf(task, person.id);
  const part: Part = {
    asked: isAsked(state, person, directory),
    ...(own ? { own } : {}),
    stoodInFor: task.approvers.some((one) => one.for?.id === person.id),
    isRequester: isRequester(person, { onBehalfOf: head.onBehalfOf, requester: task.requester }, directory),
    takesBack: isOffered(() => takeBack(state, signed, directory, context)),
    takesOver: isOffered(() => takeOver(state, signed, '', directory, context)),
    withdraws: isOffered(() => recall(state, signed, '', directory, context)),
    freezes: type !== undefined && isOffered(() => freezeAs(state, signed, 'why', type, directory, context)),
  };
  return Object.values(part).some(Boolean) ? part : undefined;
}

/** Whether a move would change something. */
function isOffered(move: () => Change<unknown> | Done<unknown>): boolean {
  try {
    return !('done' in move());
  } catch (error) {
    if (error instanceof HoldpointError) return false;
    throw error;
  }
}

/** Whether it is theirs to decide, or was. */
export const isDecider = (part: Part): boolean => part.asked || part.own !== undefined;

/** Whether they see all that is decided on; the requester alone sees what their link shows. */
export const seesAll = (part: Part): boolean =>
  isDecider(part) || part.stoodInFor || part.takesBack || part.takesOver || part.freezes;
