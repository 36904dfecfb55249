/** `POST /v1/intents/{id}/controls` and `/policy`: what is set of an open intent. */

import type { ApiKey } from '../../adapters/keys.ts';
import { perform } from '../../core/commit.ts';
import type { Directory } from '../../core/directory.ts';
import { InvalidInput, NotFound } from '../../core/errors.ts';
import type { IntentType } from '../../core/intent-type.ts';
import { type JsonObject, present } from '../../core/json.ts';
import type { Envelope, Grant, Head, IntentRef } from '../../core/model.ts';
import type { Context, Store } from '../../core/ports.ts';
import { type ControlsPatch, type Setter, type Setting, setControls } from '../../core/rules/controls.ts';
import { wholeAddress } from '../../wire/addresses.ts';
import { setControlsBody, setPolicyBody } from '../../wire/controls.ts';
import { invalidBody } from '../../wire/errors.ts';
import { bodyHashOf, idempotency, once } from './idempotency.ts';
import { intentOut } from './views.ts';

export interface Request {
  body: unknown;
  idempotencyKey: string | undefined;
  context: () => Context;
  directory: Directory;
  typeOf: (head: Head) => IntentType | undefined;
}

interface Read {
  setting: Setting;
  expected: number | undefined;
  reason: string | undefined;
}

/** Of the body of `/controls`. Throws InvalidInput with the field's path. */
export function controlsIn(body: unknown): Read {
  const parsed = setControlsBody.safeParse(body);
  if (!parsed.success) throw invalidBody(parsed.error);
  const { controls_patch: given, expected_policy_generation: expected, reason } = parsed.data;
  const { deadline_at, timeout_seconds, max_retry_count, last_retry_attempt, next_retry_delay_seconds, ...wishes } =
    given;
  const reported = present({ last_retry_attempt, next_retry_delay_seconds });
  const controls = present({
    ...wishes,
    max_delivery_attempts: attemptsOf('controls_patch', wishes.max_delivery_attempts, max_retry_count),
    deadlineAt: deadline_at === undefined ? undefined : new Date(deadline_at).toISOString(),
    timeoutSeconds: timeout_seconds,
    reported: Object.keys(reported).length > 0 ? reported : undefined,
  }) as ControlsPatch;
  return { setting: { controls }, expected, reason };
}

/** Of the body of `/policy`. Throws InvalidInput with the field's path. */
export function policyIn(body: unknown, tenant: string): Read {
  const parsed = setPolicyBody.safeParse(body);
  if (!parsed.success) throw invalidBody(parsed.error);
  const { grants_patch, envelope_patch, expected_policy_generation: expected, reason } = parsed.data;
  const { max_retry_count, ...bounds } = envelope_patch;
  const grants = Object.entries(grants_patch).map(([name, { allow }]): [string, Grant[]] => [
    wholeAddress(name.slice('delegate:'.length), tenant, `grants_patch.${name}`),
    [...new Set(allow)],
  ]);
  const envelope = present({
    ...bounds,
    max_delivery_attempts: attemptsOf('envelope_patch', bounds.max_delivery_attempts, max_retry_count),
  }) as Envelope;
  return { setting: { policy: { grants: Object.fromEntries(grants), envelope } }, expected, reason };
}

function attemptsOf(patch: string, attempts: number | undefined, retries: number | undefined): number | undefined {
  if (attempts !== undefined && retries !== undefined)
    throw new InvalidInput('Either attempts or retries.', { field: `${patch}.max_retry_count` });
  return retries === undefined ? attempts : retries + 1;
}

/** Sets it, and gives the intent as it is then. Throws NotFound and what `setControls` throws. */
export async function setOf(
  store: Store,
  caller: ApiKey,
  ref: IntentRef,
  what: 'controls' | 'policy',
  { body, idempotencyKey, context, directory, typeOf }: Request,
): Promise<object> {
  const { setting, expected, reason = '' } = what === 'controls' ? controlsIn(body) : policyIn(body, ref.tenant);
  const known = idempotency(idempotencyKey, caller, `POST /v1/intents/${ref.intentId}/${what}`, bodyHashOf(body));
  const by: Setter = {
    agent: caller.agent,
    // Where one key plays all parts.
    any: caller.ownToo === true,
    requestId: known.idempotency?.key ?? context().newId(),
    reason,
    ...(expected === undefined ? {} : { expected }),
    ...known,
  };
  return once(
    store,
    caller,
    known,
    () =>
      perform(store, ref, { request: true }, context, (state, now) => {
        const type = state && typeOf(state.head);
        if (!type) throw new NotFound('intent');
        return setControls(state, by, setting, { type, directory }, now);
      }),
    async (applied) => {
      const state = await store.load(ref, { request: true });
      if (!state) throw new NotFound('intent');
      return { applied: true, ...(applied as unknown as JsonObject), intent: intentOut(state) };
    },
  );
}
