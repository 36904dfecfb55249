/** Whom events are sent to by webhook, and how far each sending is. */

import type { Announcement } from './announce.ts';
import { sha256 } from './hash.ts';
import type { SigningKey } from './signing-keys.ts';
import { lastOf } from './text.ts';
import { bytesOfSecret, secretOf } from './webhook.ts';

export interface Subscription {
  id: string;
  tenant: string;
  /** The agent's whole address. */
  owner: string;
  url: string;
  eventTypes: string[];
  active: boolean;
  description?: string;
  /** What it is signed with, the newest first. */
  keys: SigningKey[];
  /** Last letters of the newest secret. */
  hint: string;
  /** Every change is conditional on it. */
  version: number;
  createdAt: string;
  updatedAt: string;
}

/** The most that a tenant has: each event that is told reads them all. */
export const maxSubscriptions = 50;

/** Letters of a secret that a hint shows. */
const hintLength = 4;
export const hintOf = (secret: string): string => `…${lastOf(secret, hintLength)}`;

/** The block of SHA-256: HMAC pads a shorter key with zeros to it, and hashes a longer one (RFC 2104). */
const blockBytes = 64;

/**
 * A secret as the sender takes it. Any other text than `whsec_…` is its own bytes as the key, brought to a length that
 * Standard Webhooks allows in the way that HMAC would, so that the signature is that of the text.
 */
export function asSecret(given: string): string {
  if (bytesOfSecret(given)) return given;
  const bytes = Buffer.from(given, 'utf8');
  const key = Buffer.alloc(blockBytes);
  (bytes.length > blockBytes ? Buffer.from(sha256(given), 'hex') : bytes).copy(key);
  return secretOf(key);
}

/** An event as it is kept for those who want it. */
export interface KeptEvent extends Omit<Announcement, 'type'> {
  tenant: string;
  type: string;
  /** Who published it, in its own words; absent of lifecycle events. */
  source?: string;
}

export type DeliveryState = 'pending' | 'delivered' | 'dead';

/** One event on its way to one subscription. */
export interface WebhookDelivery {
  subscriptionId: string;
  state: DeliveryState;
  /** From 1; one more with each replay. A message of a round before means nothing any more. */
  round: number;
}

/** What is posted, by Standard Webhooks: type, timestamp, data. */
export const bodyOf = ({ type, at, source, data }: KeptEvent): string =>
  JSON.stringify({ type, timestamp: at, ...(source === undefined ? {} : { source }), data });

/** AXP's counters of an event: how its deliveries stand, and how many were queued just now. */
export function countersOf(deliveries: readonly Pick<WebhookDelivery, 'state'>[], queued: number) {
  const count = (state: DeliveryState) => deliveries.filter((one) => one.state === state).length;
  const [delivered, dead] = [count('delivered'), count('dead')];
  return {
    queued_deliveries: queued,
    processed_deliveries: delivered + dead,
    delivered,
    pending: count('pending'),
    dead_lettered: dead,
  };
}
