/** People, times, charges and requests that the stories share. */

import { Directory } from '../../core/directory.ts';
import type { ActionType, Evidence } from '../../core/intent-type.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Context, Store } from '../../core/ports.ts';
import type { Submission } from '../../core/rules/submit.ts';
import { approval } from '../../intents/approval.ts';
import { refund } from '../../intents/refund.ts';

export const tenant = 'acme/shop';
export const agent = 'agent://acme/shop/support-bot';

/** When every story begins. */
export const start = '2026-11-20T09:00:00.000Z';

export const later = (iso: string, seconds: number): string => new Date(Date.parse(iso) + seconds * 1000).toISOString();

const people = [
  { id: 'ada', name: 'Ada Example', mail: 'ada@example.com', roles: ['refunds', 'approvers'] },
  { id: 'ben', name: 'Ben Example', mail: 'ben@example.com', roles: ['refunds', 'approvers'] },
  { id: 'cleo', name: 'Cleo Example', mail: 'Cleo@Example.com', roles: ['finance'] },
];
export const directory = new Directory(people);

/** What a door adds to a link where a code was entered. */
export const withCode = 'with a code sent to them';

/** With two people who may take over in an emergency. */
export const directoryWithOperators = new Directory([
  ...people,
  { id: 'olga', name: 'Olga Example', mail: 'olga@example.com', roles: ['operators'] },
  { id: 'otto', name: 'Otto Example', mail: 'otto@example.com', roles: ['operators'] },
]);

/** The directory after somebody's roles changed; no roles given: the person has left. */
export const directoryWithout = (id: string, roles?: string[]): Directory =>
  new Directory(people.flatMap((p) => (p.id === id ? (roles ? [{ ...p, roles }] : []) : [p])));

/** Ids that look like UUIDs and come in order. */
export function idsInOrder(): () => string {
  let n = 0;
  return () => {
    n += 1;
    return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
  };
}

export const contextAt = (now: string, newId: () => string = idsInOrder()): Context => ({ now, newId });

export const approvalType = approval;
export const refundType = refund as ActionType;

export const refundPayload = (given: JsonObject = {}): JsonObject => ({
  order_id: 'A-1042',
  amount_cents: 18_000,
  currency: 'EUR',
  reason: 'arrived broken',
  ...given,
});

/** What the provider says of the order. */
export const charge = (given: JsonObject = {}): JsonObject => ({
  found: true,
  charge_id: 'ch_1',
  amount_cents: 1_000_000,
  refunded_cents: 0,
  currency: 'EUR',
  charged_at: '2026-11-01T10:00:00.000Z',
  url: 'https://provider.example/ch_1',
  ...given,
});

export function evidenceOf(value: JsonObject = charge()): Record<string, Evidence> {
  const source = refundType.evidence[0];
  if (!source) throw new TypeError('the refund reads a charge');
  return {
    charge: {
      source: source.tool.name,
      title: source.title,
      readAt: start,
      value,
      shown: source.shown(value),
      ...(source.url ? { url: source.url(value) } : {}),
    },
  };
}

export const submission = (given: Partial<Submission> = {}): Submission => ({
  tenant,
  from: agent,
  to: 'agent://acme/shop/holdpoint',
  type: approval,
  payload: { task: 'Send the newsletter?' },
  correlationId: '11111111-1111-4111-8111-111111111111',
  traceId: 'trace-00000001',
  ...given,
});

/** A store whose next commits happen, while their answers are lost and read as a conflict. */
export function losingAnswers(store: Store, times: number): Store {
  let left = times;
  return {
    ...store,
    async commit(commit) {
      const outcome = await store.commit(commit);
      if (!outcome.ok || left === 0) return outcome;
      left -= 1;
      return { ok: false, because: 'changed' };
    },
  };
}
