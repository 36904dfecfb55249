/** What an agent has left with an intent to go on by, as it is told to that agent. */

import type { ApiKey } from '../../adapters/keys.ts';
import { isTerminal } from '../../core/lifecycle.ts';
import type { IntentState } from '../../core/model.ts';
import type { Store } from '../../core/ports.ts';
import { isKept } from '../../core/resume-state.ts';
import { resumeStateOut } from './views.ts';

/** The bytes too, where they are few, once it is the caller's turn again. `now`: ISO 8601. */
export async function leftWith(
  store: Store,
  { agent }: Pick<ApiKey, 'agent'>,
  { head, task }: IntentState,
  now: string,
) {
  const left = head.keeps && (await store.findResumeState(head, agent));
  if (!left || !isKept(left, now)) return {};
  const back = isTerminal(head.status) || task?.status === 'returned';
  return { resume_state: { ...resumeStateOut(left), ...(back && left.data !== undefined ? { data: left.data } : {}) } };
}
