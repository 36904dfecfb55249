/** A binding as its agent reads it: no secret, sealed or not. */

import type { Binding, BindingRows, DeadLetter, Pushed } from '../../core/binding.ts';
import { isReply } from '../../core/entries.ts';
import type { Box } from '../../core/mailbox.ts';
import type { IntentRef } from '../../core/model.ts';
import { goodKeys } from '../../core/signing-keys.ts';
import type { gotBinding } from '../../wire/bindings.ts';

type Out = ReturnType<typeof gotBinding.parse>['binding'];

/** Most dead letters that are shown. */
const maxShown = 100;
/** Most that are looked at for one answer, in so many reads of the former at once. */
const maxLookedAt = 500;

export interface Ports {
  rows: Pick<BindingRows, 'binding' | 'pushed' | 'dead'>;
  isOpen: (ref: IntentRef) => Promise<boolean>;
  now: string;
}

/** Those after a number that can be asked for again: not of what has ended. `next`: the number after which there may be more. */
async function deadAfter({ rows, isOpen }: Ports, box: Box, since: number) {
  const found: DeadLetter[] = [];
  let next: number | undefined = since;
  for (let looked = 0; next !== undefined && found.length < maxShown && looked < maxLookedAt; looked += maxShown) {
    const some: DeadLetter[] = await rows.dead(box, next, maxShown);
    const wanted = await Promise.all(
      some.map((one) => isReply(one) || isOpen({ tenant: box.tenant, intentId: one.intentId })),
    );
    found.push(...some.filter((_, place) => wanted[place]));
    next = some.length < maxShown ? undefined : some.at(-1)?.seq;
  }
  const shown = found.slice(0, maxShown);
  return { shown, next: found.length > maxShown ? shown.at(-1)?.seq : next };
}

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

/** As it is now, with the dead letters after a number; without one, an agent streams. */
export async function bindingOut(ports: Ports, box: Box, deadSince = 0): Promise<Out> {
  const { rows, now } = ports;
  const [binding, pushed, { shown, next }] = await Promise.all([
    rows.binding(box),
    rows.pushed(box),
    deadAfter(ports, box, deadSince),
  ]);
  if (!binding) return { kind: 'stream', status: 'active', created_at: null, updated_at: null };
  const more = next === undefined ? {} : { dead_letters_next: next };
  return {
    kind: binding.kind,
    status: binding.disabledAt === undefined ? 'active' : 'disabled',
    ...wayOut(binding, now),
    created_at: binding.createdAt,
    updated_at: binding.updatedAt,
    ...(pushed ? { ...pushedOut(pushed), dead_letters: shown.map(deadOut), ...more } : {}),
  };
}
