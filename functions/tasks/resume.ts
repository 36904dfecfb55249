/** `POST /v1/intents/{id}/resume` with a person's `task_result`: one more door to the same decision. */

import type { Directory } from '../../core/directory.ts';
import { NotFound } from '../../core/errors.ts';
import type { IntentRef } from '../../core/model.ts';
import { invalidBody } from '../../wire/errors.ts';
import { resumeAsPerson } from '../../wire/tasks.ts';
import { intentOut } from '../api/views.ts';
import { type Caller, personOf } from './caller.ts';
import { decideByAxp, type Ports, type Sent } from './decide.ts';

/** Whether the body is a person's; anything else is the agent's own. */
export const isTaskResult = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && 'task_result' in body;

/** Decides, and gives the intent as it is then. Throws Unauthorized where nobody is known to decide, and what `decideByAxp` throws. */
export async function decideByResume(
  ports: Ports,
  { caller, directory }: { caller: Caller; directory: Directory },
  ref: IntentRef,
  { body, idempotencyKey }: Pick<Sent, 'body' | 'idempotencyKey'>,
): Promise<object> {
  const parsed = resumeAsPerson.safeParse(body);
  if (!parsed.success) throw invalidBody(parsed.error);
  const { task_result: result, plan_hash: planHash } = parsed.data;
  const sent = { body, idempotencyKey, endpoint: `POST /v1/intents/${ref.intentId}/resume` };
  return decideByAxp(ports, directory, caller, personOf(caller), { ref, planHash }, { result }, sent, async () => {
    const state = await ports.store.load(ref, { request: true });
    if (!state) throw new NotFound('intent');
    return { intent: intentOut(state) };
  });
}
