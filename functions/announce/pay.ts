/** What a message of the announce queue owes: a commit's events, told to the bus and to each subscription that wants them. */

import type { OutboxMessage } from '../../adapters/messages.ts';
import type { SubscriptionRows } from '../../adapters/subscriptions.ts';
import { type Announcement, type AnnounceOrder, announcementsOf, wants } from '../../core/announce.ts';
import type { Store } from '../../core/ports.ts';
import { type Enqueue, fanOut } from '../webhooks/fan-out.ts';

export interface Ports {
  store: Pick<Store, 'load' | 'events' | 'settle'>;
  rows: Pick<SubscriptionRows, 'all' | 'keepEvent' | 'addDelivery' | 'deliveries'>;
  onBus: (tenant: string) => boolean;
  publish: (tenant: string, announcements: readonly Announcement[]) => Promise<void>;
  enqueue: Enqueue;
}

const isLifecycle = ({ type }: Announcement): boolean => type.startsWith('intent.');

export function payAnnouncement({ store, rows, onBus, publish, enqueue }: Ports) {
  return async (message: OutboxMessage): Promise<void> => {
    const order = message.body as unknown as AnnounceOrder;
    const [state, events, subscribed] = await Promise.all([
      store.load(message, { request: true }),
      store.events(message, order.from - 1, order.to - order.from + 1),
      rows.all(message.tenant),
    ]);
    const told = state ? announcementsOf(state, events, order) : [];
    if (onBus(message.tenant)) await publish(message.tenant, told.filter(isLifecycle));
    for (const one of told) {
      const event = { ...one, tenant: message.tenant };
      const wanted = subscribed.filter((subscription) => wants(subscription, event));
      if (wanted.length === 0) continue;
      await rows.keepEvent(event);
      await fanOut(rows, enqueue, wanted, event, message.traceId);
    }
    await store.settle(message, message.key);
  };
}
