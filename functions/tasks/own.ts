/** What an agent's key may not do to the agent's own question, whomever it speaks for; and what it may: withdraw it. */

import type { Change, Done } from '../../core/commit.ts';
import type { Directory } from '../../core/directory.ts';
import { NotFound, PolicyDenied } from '../../core/errors.ts';
import type { Head, IntentState } from '../../core/model.ts';
import type { Context } from '../../core/ports.ts';
import { type Handed, recall, takeBack } from '../../core/rules/delegate.ts';
import type { Caller } from './caller.ts';

const isItsOwn = ({ from }: Pick<Head, 'from'>, { key }: Pick<Caller, 'key'>): boolean =>
  key !== undefined && key.agent === from && !key.ownToo;

/** Through no door does an agent decide, move or comment what it asked for, whomever its key speaks for. Throws PolicyDenied. */
export function notItsOwn(state: IntentState | undefined, caller: Pick<Caller, 'key'>): void {
  if (state && isItsOwn(state.head, caller)) throw new PolicyDenied('Whoever asks for something cannot approve it.');
}

type Called = Handed | { status: string };

/**
 * Whoever asked, the person that the agent acts for or the agent by its key, withdraws the question; whoever handed it over
 * takes it back. Throws what `recall` and `takeBack` throw.
 */
export function calledBack(
  state: IntentState | undefined,
  caller: Caller,
  note: string,
  directory: Directory,
  context: Context,
): Change<Called> | Done<Called> {
  const { key, person } = caller;
  const signed = person && ({ by: 'person', id: person.id, via: person.via } as const);
  const ways: (() => Change<Called> | Done<Called>)[] = [
    ...(signed && !(state && isItsOwn(state.head, caller))
      ? [() => recall(state, signed, note, directory, context), () => takeBack(state, signed, directory, context)]
      : []),
    ...(key ? [() => recall(state, { by: 'agent', address: key.agent }, note, directory, context)] : []),
  ];
  return firstOf(ways);
}

/** What is not theirs that way may be theirs another way. */
function firstOf<R>([way, ...others]: readonly (() => R)[]): R {
  if (!way) throw new NotFound('task');
  try {
    return way();
  } catch (error) {
    if (others.length === 0 || !(error instanceof PolicyDenied || error instanceof NotFound)) throw error;
    return firstOf(others);
  }
}
