/** Subscriptions of one agent: made, changed, listed, ended, given a new secret. */

import { v5 as uuidv5 } from 'uuid';
import type { SubscriptionRows } from '../../adapters/subscriptions.ts';
import type { Owner } from '../../adapters/webhook-keys.ts';
import { Conflict, InvalidInput, NotFound, RetryableError } from '../../core/errors.ts';
import {
  hasSecret,
  madeBefore,
  oldKeysUntil,
  type Repeatable,
  rotated,
  type SigningKey,
} from '../../core/signing-keys.ts';
import { asSecret, hintOf, maxSubscriptions, type Subscription } from '../../core/subscription.ts';
import { receiverUrl } from '../../core/webhook.ts';
import type { upsertSubscription } from '../../wire/webhooks.ts';
import { keeperOf } from './keeper.ts';
import { keyWith, newKey } from './new-key.ts';

export interface Ports {
  rows: Pick<SubscriptionRows, 'find' | 'all' | 'create' | 'change' | 'end' | 'ended'>;
  seal: (secret: string, owner: Owner) => Promise<string>;
  localHosts: readonly string[];
  now: string;
  newId: () => string;
}

/** Whose, in which tenant. */
export interface Of {
  tenant: string;
  owner: string;
}

/** Names subscriptions by whose they are and where they go, so that the same again is the same one. */
const subscriptionSpace = '0a5a6c3e-2b61-4f0e-9c55-6a1a9e7f3d40';
const idOf = ({ tenant, owner }: Of, url: string): string => uuidv5(`${tenant}\n${owner}\n${url}`, subscriptionSpace);

/** Others may change the same one meanwhile. */
const maxRounds = 5;

const keyFor = ({ seal, newId, now }: Ports, of: Pick<Subscription, 'tenant' | 'id'>) => ({
  id: newId(),
  now,
  seal: (secret: string) => seal(secret, keeperOf(of)),
});

/** The client's secret, or one of ours. */
async function firstKey(ports: Ports, of: Pick<Subscription, 'tenant' | 'id'>, given: string | undefined) {
  if (given !== undefined) return { key: await keyWith(asSecret(given), keyFor(ports, of)), hint: hintOf(given) };
  const { key, secret } = await newKey(keyFor(ports, of));
  return { key, hint: hintOf(secret) };
}

/**
 * Makes a subscription, or changes the one of this owner for this address. Throws InvalidInput for an address that nothing is
 * sent to, Conflict where the tenant has as many as it may.
 */
export async function upsert(ports: Ports, of: Of, body: ReturnType<typeof upsertSubscription.parse>) {
  const url = receiverUrl(body.callback_url, ports.localHosts);
  if (typeof url === 'string')
    throw new InvalidInput('Only public https addresses without credentials are sent to.', {
      field: 'callback_url',
      reason: url,
    });
  const { tenant, owner } = of;
  const id = idOf(of, url.href);
  const wish = {
    eventTypes: [...new Set(body.event_types)],
    active: body.active ?? true,
    ...(body.description === undefined ? {} : { description: body.description }),
    updatedAt: ports.now,
  };
  for (let round = 0; round < maxRounds; round += 1) {
    const before = await ports.rows.find(tenant, id);
    if (before) {
      const after = {
        ...before,
        ...wish,
        ...(await secretFor(ports, before, body.secret)),
        version: before.version + 1,
      };
      if (await ports.rows.change(after)) return subscriptionOut(after);
      continue;
    }
    const { key, hint } = await firstKey(ports, { tenant, id }, body.secret);
    const fresh = { id, tenant, owner, url: url.href, ...wish, keys: [key], hint, version: 1, createdAt: ports.now };
    if (await ports.rows.create(fresh)) return subscriptionOut(fresh);
    if ((await ports.rows.all(tenant)).length >= maxSubscriptions)
      throw new Conflict('too_many_subscriptions', `A tenant has at most ${maxSubscriptions} subscriptions.`, {
        limit: maxSubscriptions,
      });
  }
  throw new RetryableError('The subscription is being changed by many at once.');
}

/** Another secret goes before those that are good still; the same again, or none, changes nothing. */
async function secretFor(ports: Ports, before: Subscription, secret: string | undefined) {
  if (secret === undefined) return {};
  const [newest] = before.keys;
  if (newest && hasSecret(newest, asSecret(secret))) return {};
  const key = await keyWith(asSecret(secret), keyFor(ports, before));
  return { keys: rotated(before.keys, key, ports.now), hint: hintOf(secret) };
}

export const list = async ({ rows }: Pick<Ports, 'rows'>, { tenant, owner }: Of) =>
  (await rows.all(tenant)).filter((one) => one.owner === owner).map(subscriptionOut);

/** One of this owner. Throws NotFound. */
async function own({ rows }: Ports, { tenant, owner }: Of, id: string): Promise<Subscription> {
  const found = await rows.find(tenant, id);
  if (found?.owner !== owner) throw new NotFound('subscription');
  return found;
}

/** Ends one; again, it says when it ended. Throws NotFound. */
export async function end(ports: Ports, of: Of, id: string) {
  const before = await ports.rows.ended(of.tenant, id);
  const there = await ports.rows.find(of.tenant, id);
  if (there ? there.owner !== of.owner : before?.owner !== of.owner) throw new NotFound('subscription');
  const revoked_at = there ? await ports.rows.end(there, ports.now) : before?.revokedAt;
  return { subscription_id: id, revoked_at };
}

/**
 * A new secret, which is shown to this request alone, also when it comes again with its Idempotency-Key. Throws NotFound,
 * Conflict where somebody changed the subscription meanwhile, and for an Idempotency-Key of something else.
 */
export async function rotate(ports: Ports, of: Of, id: string, asked?: Repeatable) {
  const before = await own(ports, of, id);
  const known = asked && madeBefore(before.keys, asked);
  if (known) return renewed(id, known);
  const made = await newKey(keyFor(ports, before), asked);
  const keys = rotated(before.keys, made.key, ports.now);
  const hint = hintOf(made.secret);
  if (await ports.rows.change({ ...before, keys, hint, version: before.version + 1, updatedAt: ports.now }))
    return renewed(id, made);
  const meanwhile = asked && madeBefore((await own(ports, of, id)).keys, asked);
  if (!meanwhile) throw new Conflict('changed_meanwhile', 'Somebody changed this subscription just now.');
  return renewed(id, meanwhile);
}

const renewed = (id: string, { key, secret }: { key: SigningKey; secret: string }) => ({
  subscription_id: id,
  secret,
  previous_valid_until: oldKeysUntil(key.createdAt),
});

const subscriptionOut = (given: Subscription) => ({
  subscription_id: given.id,
  owner_agent: given.owner,
  callback_url: given.url,
  event_types: given.eventTypes,
  active: given.active,
  description: given.description ?? null,
  created_at: given.createdAt,
  updated_at: given.updatedAt,
  revoked_at: null,
  secret_hint: given.hint,
});
