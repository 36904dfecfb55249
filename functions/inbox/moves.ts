/** A task's moves beside its decision, by forms of its page: the same use cases as by API and command line. */

import { context } from '../../adapters/lambda/context.ts';
import type { HttpResult } from '../../adapters/lambda/http.ts';
import type { Change, Done } from '../../core/commit.ts';
import { perform } from '../../core/commit.ts';
import { InvalidInput, NotFound } from '../../core/errors.ts';
import type { IntentState } from '../../core/model.ts';
import type { Context } from '../../core/ports.ts';
import { recall, takeBack, takeOver } from '../../core/rules/delegate.ts';
import { freezeAs } from '../../core/rules/override.ts';
import { typeOfIntent } from '../../intents/index.ts';
import { type Move, movedPage, moves, type RefusedMove } from '../../pages/hands.ts';
import { inInbox } from '../../pages/nav.ts';
import { pageAnswer } from '../../pages/security.ts';
import type { Form } from '../approvals/answer.ts';
import { leadTo } from './form.ts';
import { store, type Visitor } from './ports.ts';

/** Which one a form asks for, if it is one of these. */
export const moveOf = ({ field }: Form): Move | undefined => moves.find((move) => move === field('action'));

type Rule = (state: IntentState | undefined, now: Context) => Change<unknown> | Done<unknown>;

function ruleOf(move: Move, note: string, { session, directory }: Visitor): Rule {
  const signed = { by: 'person', id: session.personId, via: session.via } as const;
  const rules: Record<Move, Rule> = {
    'take-back': (state, now) => takeBack(state, signed, directory, now),
    'take-over': (state, now) => takeOver(state, signed, note, directory, now),
    recall: (state, now) => recall(state, signed, note, directory, now),
    freeze: (state, now) => {
      const type = state && typeOfIntent(state.head);
      if (!type) throw new NotFound('task');
      return freezeAs(state, signed, note, type, directory, now);
    },
  };
  return rules[move];
}

/** Does it for the task that the page showed. Gives what is wrong with its note, where the person can mend that. */
export async function moved(
  move: Move,
  { head, task }: IntentState,
  form: Form,
  visitor: Visitor,
): Promise<HttpResult | RefusedMove> {
  const note = form.field('note');
  const rule = ruleOf(move, note, visitor);
  try {
    await perform(store, head, { request: true }, context, (state, now) =>
      rule(state?.task?.taskId === task?.taskId ? state : undefined, now),
    );
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return { move, note, message: error.message };
  }
  if (move === 'take-back' || move === 'take-over') return leadTo(`/inbox/tasks/${head.tenant}/${task?.taskId}`);
  return pageAnswer(200, inInbox(movedPage(move), visitor.session.person));
}
