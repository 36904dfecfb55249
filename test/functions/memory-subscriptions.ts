/** The rows of subscriptions in memory, with the conditions of those on DynamoDB. */

import type { Repeat } from '../../adapters/repeats.ts';
import type { Published, SubscriptionRows } from '../../adapters/subscriptions.ts';
import { type KeptEvent, maxSubscriptions, type Subscription, type WebhookDelivery } from '../../core/subscription.ts';

export function memorySubscriptions(): SubscriptionRows {
  const known = new Map<string, Subscription>();
  const over = new Map<string, { owner: string; revokedAt: string }>();
  const events = new Map<string, KeptEvent & Partial<Published>>();
  const sent = new Map<string, WebhookDelivery>();
  const repeats = new Map<string, Repeat>();
  const at = (...parts: string[]): string => parts.join(' ');
  const ofTenant = (tenant: string) => [...known.values()].filter((one) => one.tenant === tenant);
  return {
    find: async (tenant, id) => structuredClone(known.get(at(tenant, id))),
    all: async (tenant) => structuredClone(ofTenant(tenant)),
    async create(given) {
      if (known.has(at(given.tenant, given.id)) || ofTenant(given.tenant).length >= maxSubscriptions) return false;
      known.set(at(given.tenant, given.id), structuredClone(given));
      return true;
    },
    async change(given) {
      if (known.get(at(given.tenant, given.id))?.version !== given.version - 1) return false;
      known.set(at(given.tenant, given.id), structuredClone(given));
      return true;
    },
    async end({ tenant, id, owner }, now) {
      if (known.delete(at(tenant, id))) over.set(at(tenant, id), { owner, revokedAt: now });
      return over.get(at(tenant, id))?.revokedAt;
    },
    ended: async (tenant, id) => over.get(at(tenant, id)),
    async keepEvent(event, published) {
      if (events.has(at(event.tenant, event.id))) return false;
      events.set(at(event.tenant, event.id), structuredClone({ ...event, ...published }));
      return true;
    },
    event: async (tenant, id) => structuredClone(events.get(at(tenant, id))),
    async keepRepeat(tenant, repeat) {
      const kept = repeats.get(at(tenant, repeat.key)) ?? structuredClone(repeat);
      repeats.set(at(tenant, repeat.key), kept);
      return structuredClone(kept);
    },
    async addDelivery({ tenant, id }, subscriptionId) {
      const key = at(tenant, id, subscriptionId);
      if (sent.has(key)) return false;
      sent.set(key, { subscriptionId, state: 'pending', round: 1 });
      return true;
    },
    deliveries: async (tenant, id) =>
      [...sent].flatMap(([key, one]) => (key.startsWith(at(tenant, id, '')) ? [structuredClone(one)] : [])),
    delivery: async (tenant, id, subscriptionId) => structuredClone(sent.get(at(tenant, id, subscriptionId))),
    async setDelivery({ tenant, id }, delivery, was) {
      const key = at(tenant, id, delivery.subscriptionId);
      if ((sent.get(key)?.round ?? 0) !== was) return false;
      sent.set(key, structuredClone(delivery));
      return true;
    },
  };
}
