import type { Owner } from '../../adapters/webhook-keys.ts';
import type { Subscription } from '../../core/subscription.ts';

/** What a subscription's secrets are bound to where they are kept. */
export const keeperOf = ({ tenant, id }: Pick<Subscription, 'tenant' | 'id'>): Owner => ({ tenant, subscription: id });
