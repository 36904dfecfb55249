/** A revision is decided by whoever saw it: doors that name only the intent must say what was seen. */

import { describe, expect, it } from 'vitest';
import { decideAs } from '../../functions/tasks/decide.ts';
import { decideByResume } from '../../functions/tasks/resume.ts';
import { typeOfIntent } from '../../intents/index.ts';
import * as given from '../core/builders.ts';
import { waitingApproval } from '../core/story.ts';

const ada = { key: undefined, person: { id: 'ada', via: 'signed in', signedIn: true } };

/** A review that was sent back, and asks anew. */
async function revised() {
  const { told, links } = await waitingApproval({ humanTask: { title: 'Look', task_type: 'review' } });
  const first = (await told.state()).task?.subjectHash;
  await told.decide(links.ada as string, { outcome: 'changes_requested', comment: 'When?' });
  await told.resume({ task: 'Send it on Monday?' });
  await told.escalate({ generation: 2, token: 'token-2' });
  const ports = {
    store: told.store,
    context: told.context,
    typeOf: typeOfIntent,
    files: { findMedia: async () => undefined },
  };
  const resume = (plan_hash?: string, idempotencyKey?: string) =>
    decideByResume(ports, { caller: ada, directory: given.directory }, told.ref, {
      idempotencyKey,
      body: { task_result: { outcome: 'approved' }, ...(plan_hash ? { plan_hash } : {}) },
    });
  return { told, first, ports, resume };
}

describe('an intent that was revised', () => {
  it('is not decided by its name alone', async () => {
    const { told, resume, ports } = await revised();
    await expect(resume()).rejects.toMatchObject({ code: 'plan_hash_needed' });
    const side = decideAs(
      ports,
      given.directory,
      ada,
      ada.person,
      { ref: told.ref },
      { side: 'against', comment: 'no' },
    );
    await expect(side).rejects.toMatchObject({ code: 'plan_hash_needed' });
    expect((await told.state()).task?.votes).toEqual([]);
  });

  it('is not decided for what an earlier revision was, and is for what it is', async () => {
    const { told, first, resume } = await revised();
    await expect(resume(first)).rejects.toMatchObject({ code: 'plan_changed' });
    const hash = (await told.state()).task?.subjectHash;
    expect(await resume(hash, 'once')).toMatchObject({ intent: { status: 'COMPLETED' } });
    // Sent again it is answered; said again it is refused.
    expect(await resume(hash, 'once')).toMatchObject({ intent: { status: 'COMPLETED' } });
    await expect(resume(hash)).rejects.toMatchObject({ code: 'intent_terminal' });
    await expect(resume(undefined, 'once')).rejects.toMatchObject({ code: 'idempotency_conflict' });
  });

  it('is decided by its task, which names the revision', async () => {
    const { told, ports } = await revised();
    const taskId = (await told.state()).task?.taskId;
    const by = (id: string | undefined) =>
      decideAs(ports, given.directory, ada, ada.person, { ref: told.ref, taskId: id }, { side: 'for' });
    await expect(by(`${told.ref.intentId}.1`)).rejects.toMatchObject({ name: 'NotFound' });
    expect((await by(taskId)).fresh).toBe(true);
  });
});
