/** `/v1/intents/{id}/resume-state`: an agent leaves a state with an intent, and gets it back. */

import type { ApiKey } from '../../adapters/keys.ts';
import type { MediaFiles } from '../../adapters/media.ts';
import { perform } from '../../core/commit.ts';
import { NotFound } from '../../core/errors.ts';
import type { IntentRef } from '../../core/model.ts';
import type { Context, Store } from '../../core/ports.ts';
import { isKept, resumeStateOf } from '../../core/resume-state.ts';
import { keepResumeState } from '../../core/rules/keep-resume-state.ts';
import { invalidBody } from '../../wire/errors.ts';
import * as wire from '../../wire/resume-state.ts';
import { resumeStateOut } from '../api/views.ts';

interface Ports {
  store: Store;
  files: Pick<MediaFiles, 'keepState' | 'stateOf'>;
}

/** Throws NotFound, InvalidInput, and what `keepResumeState` throws. The same again changes nothing. */
export async function keep(
  { store, files }: Ports,
  key: ApiKey,
  ref: IntentRef,
  body: unknown,
  context: () => Context,
) {
  const loaded = await store.load(ref);
  if (!loaded) throw new NotFound('intent');
  const parsed = wire.keepResumeState.safeParse(body);
  if (!parsed.success) throw invalidBody(parsed.error);
  const { now, newId } = context();
  const { state, bytes } = resumeStateOf(key.agent, parsed.data.resume_state, now);
  const requestId = newId();
  const judged = (before: typeof state | undefined) => ({
    agent: key.agent,
    any: key.ownToo === true,
    requestId,
    before: before && isKept(before, now) ? before : undefined,
  });
  const before = await store.findResumeState(ref, key.agent);
  // Refused before anything is put away; the commit decides anew.
  keepResumeState(loaded, judged(before), state, context());
  if (state.data === undefined) await files.keepState(ref, state.sha256, bytes);
  const kept = await perform(store, ref, {}, context, (now, at) => keepResumeState(now, judged(before), state, at));
  return resumeStateOut(kept);
}

/** The caller's own. Throws NotFound. */
export async function give({ store, files }: Ports, key: ApiKey, ref: IntentRef, now: string) {
  const state = await store.findResumeState(ref, key.agent);
  if (!state || !isKept(state, now)) throw new NotFound('resume state');
  const data = state.data ?? (await files.stateOf(ref, state.sha256))?.toString('base64');
  if (data === undefined) throw new NotFound('resume state');
  return { ...resumeStateOut(state), resume_state: data };
}
