/** A binding as its agent reads it: no secret, sealed or not. */

import type { Binding, BindingRows, DeadLetter, Pushed } from '../../core/binding.ts';
import type { Box } from '../../core/mailbox.ts';
import { goodKeys } from '../../core/signing-keys.ts';
import type { gotBinding } from '../../wire/bindings.ts';

type Out = ReturnType<typeof gotBinding.parse>['binding'];

/** Most that are shown. */
const maxDeadLetters = 100;

const deadOut = ({ deliveryId, intentId, seq, why, attempts, at }: DeadLetter) => ({
  delivery_id: deliveryId,
  intent_id: intentId,
  seq,
  reason: why,
  attempts,
  at,
});

const pushedOut = ({ seq, lastPushedAt, attempt, nextAt }: Pushed) => ({
  pushed_seq: seq,
  last_pushed_at: lastPushedAt ?? null,
  ...(attempt === undefined || nextAt === undefined ? {} : { attempt, next_try_at: nextAt }),
});

function wayOut(binding: Binding, now: string) {
  if (binding.kind === 'inbox') return { person: binding.person };
  if (binding.kind === 'internal') return { target: binding.target };
  if (binding.kind !== 'http') return {};
  const keys = goodKeys(binding.keys, now).map(({ id, createdAt, until }) => ({
    key_id: id,
    created_at: createdAt,
    valid_until: until ?? null,
  }));
  return { url: binding.url, keys };
}

/** As it is now; without one, an agent streams. */
export async function bindingOut(rows: BindingRows, box: Box, now: string): Promise<Out> {
  const [binding, pushed, dead] = await Promise.all([
    rows.binding(box),
    rows.pushed(box),
    rows.dead(box, maxDeadLetters),
  ]);
  if (!binding) return { kind: 'stream', status: 'active', created_at: null, updated_at: null };
  return {
    kind: binding.kind,
    status: binding.disabledAt === undefined ? 'active' : 'disabled',
    ...wayOut(binding, now),
    created_at: binding.createdAt,
    updated_at: binding.updatedAt,
    ...(pushed ? { ...pushedOut(pushed), dead_letters: dead.map(deadOut) } : {}),
  };
}
