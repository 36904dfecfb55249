/**
 * The requester's link: it shows one intent and decides nothing. Its secret is an HMAC of the intent's id under the API key that
 * submitted it, so that whoever holds the key can make it again and nothing secret is stored; the request holds its SHA-256.
 */

import { createHmac, timingSafeEqual } from 'node:crypto';
import { sha256 } from './hash.ts';
import type { Head, IntentRef, IntentState } from './model.ts';

const secretBytes = 32;
const idBytes = 16;

/** Seconds that the link still shows an intent after its end. */
const shownAfterEndSeconds = 30 * 24 * 3600;

const secretOf = (apiKey: string, intentId: string): Buffer =>
  createHmac('sha256', apiKey).update(`view:${intentId}`, 'utf8').digest();

const hashOf = (secret: Buffer): string => sha256(secret.toString('base64url'));

/** What is stored of the link that this API key makes for an intent. */
export const viewHash = (apiKey: string, intentId: string): string => hashOf(secretOf(apiKey, intentId));

/** The link's last part, where this API key is the one that submitted the intent. */
export function viewToken(apiKey: string, { head, request }: IntentState): string | undefined {
  const { tenant, intentId } = head;
  if (request?.viewHash !== viewHash(apiKey, intentId)) return undefined;
  const id = Buffer.from(intentId.replaceAll('-', ''), 'hex');
  return Buffer.concat([secretOf(apiKey, intentId), id, Buffer.from(tenant, 'utf8')]).toString('base64url');
}

const tokenShape = /^[A-Za-z0-9_-]{70,512}$/;

/** Where a link leads, if it is one: tenant and id, and the hash that the request must hold. */
export function viewOf(token: string): { ref: IntentRef; hash: string } | undefined {
  if (!tokenShape.test(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  const id = bytes.subarray(secretBytes, secretBytes + idBytes).toString('hex');
  const intentId = id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  const tenant = bytes.subarray(secretBytes + idBytes).toString('utf8');
  return { ref: { tenant, intentId }, hash: hashOf(bytes.subarray(0, secretBytes)) };
}

/** Whether the link opens this intent now. */
export function opens(hash: string, { head, request }: IntentState, now: string): boolean {
  const known = request?.viewHash ?? sha256('');
  const matches = timingSafeEqual(Buffer.from(hash), Buffer.from(known));
  return matches && Date.parse(now) < Date.parse(viewEnds(head) ?? '9999-12-31');
}

/** Until when the link shows an intent that has ended. */
export const viewEnds = ({ dueAt, updatedAt }: Head): string | undefined =>
  dueAt === undefined ? new Date(Date.parse(updatedAt) + shownAfterEndSeconds * 1000).toISOString() : undefined;
