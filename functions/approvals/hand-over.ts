/** The second form of a task's page: somebody else is asked from now on. By whichever door its person came in. */

import { context } from '../../adapters/lambda/context.ts';
import { perform } from '../../core/commit.ts';
import type { Directory } from '../../core/directory.ts';
import type { IntentState, Task } from '../../core/model.ts';
import { deciding, type knownBy } from '../../core/rules/decide.ts';
import { type Handed, mayReceive, reassign } from '../../core/rules/delegate.ts';
import type { HandOver } from '../../pages/hand-over.ts';
import { type Asked, type Form, logAs, ofTask, type Ports, refusedIn } from './answer.ts';

type Entered = NonNullable<HandOver['entered']>;

const givenIn = ({ field }: Form) => ({ to: field('to'), note: field('note') });

/** What the form offers to whoever may decide the task now. Throws what `deciding` throws. */
export function handOverFor(
  state: IntentState & { task: Task },
  known: Pick<ReturnType<typeof knownBy>, 'who' | 'link'>,
  directory: Directory,
  entered?: Entered,
): HandOver {
  const { asked } = deciding(state, known, directory, context().now);
  return { candidates: mayReceive(state, asked, directory), ...(entered ? { entered } : {}) };
}

/** Throws what `reassign` throws. */
export const handOver = (
  { store, directory }: Ports,
  { ref, door, taskId, linkHash }: Asked,
  form: Form,
): Promise<Handed> =>
  perform(store, ref, linkHash === undefined ? {} : { linkHash }, context, (state, now) => {
    if (state) logAs(state);
    return reassign(ofTask(state, taskId), door, givenIn(form), directory, now);
  });

/** What was entered with what is wrong with it, where the person can mend that in the form; else throws the error. */
export function handingRefused(form: Form, error: unknown): Entered {
  const { field, message } = refusedIn(form, error);
  return { ...givenIn(form), field, message };
}
