/** What an agent wishes of the task that is asked: of its intent, or of the step of a procedure. */

import type { IntentRequest, IntentState } from '../model.ts';

/** Of a state that is loaded with its request. */
export function wishesOf({
  request,
  procedure,
}: Pick<IntentState, 'request' | 'procedure'>): Partial<IntentRequest> | undefined {
  if (!procedure) return request;
  const step = request?.procedure?.steps.find(({ id }) => id === procedure.now?.step);
  return step && { ...step.wishes, ...(step.task ? { humanTask: step.task } : {}) };
}
