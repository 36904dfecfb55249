/** Keys of all tables, in one place. Every key starts with the tenant, but those that are looked up to find it (links, API keys). */

import type { Asked } from '../core/asked.ts';
import type { AuditEntry, SealedRecord } from '../core/audit.ts';
import { isDecision } from '../core/decisions.ts';
import { sha256 } from '../core/hash.ts';
import type { Head, IntentError, IntentRef, IntentRequest, OutboxRow } from '../core/model.ts';
import type { Progress } from '../core/procedure.ts';
import { markOf } from '../core/rules/undeliverable.ts';
import { ownAddress } from '../wire/addresses.ts';

/** Names of the tables; each function gets those it may use. */
export interface Tables {
  intents: string;
  effects: string;
  audit: string;
  control: string;
  people: string;
  meters: string;
}

/** Counters of a budget: of an agent (`agent#<address>`) or the whole tenant, in the table `Meters`. */
export const budgetPk = (tenant: string, scope: string): string => `${tenant}#budget#${scope}`;
/** What agents of a tenant have told of themselves, and what was done about them. */
export const meshPk = (tenant: string): string => `${tenant}#mesh`;
/** Requests with one key. */
export const rateKey = (tenant: string, keyId: string, endpoint: string, window: number) => ({
  pk: `${tenant}#rate#${keyId}`,
  sk: `${window}#${endpoint}`,
});

/** Both indexes are split into this many, so that no partition of them is hot. */
export const dueShards = 16;

export const dueIndex = 'due';
/** Of who is asked what, by person and whether it is open or done; and of what is collected for their digests. */
export const askedIndex = 'asked';

const dueShard = (intentId: string): string => `due#${shardOf(intentId)}`;

/** The checkpoints' index: heads by the hour of their last commit. */
export const hoursIndex = 'hours';
const hourMs = 3_600_000;
const shardOf = (intentId: string): number => Number.parseInt(sha256(intentId).slice(0, 4), 16) % dueShards;
const hourKey = (hour: number, shard: number): string => `${hour}#${shard}`;

/** The partitions of that index for all hours from one time to another. */
export function hoursFrom(since: string, until: string): string[] {
  const [first, last] = [since, until].map((iso) => Math.floor(Date.parse(iso) / hourMs)) as [number, number];
  return Array.from({ length: (last - first + 1) * dueShards }, (_, i) =>
    hourKey(first + Math.floor(i / dueShards), i % dueShards),
  );
}

export const intentPk = (ref: IntentRef): string => `${ref.tenant}#${ref.intentId}`;

/** Everything that makes up the state starts with `s#`; the request sorts before it, so one query reads either or both. */
export const statePrefix = 's#';
export const requestSk = 'request';
export const headSk = 's#head';
export const outcomeSk = 's#outcome';
export const wishSk = 's#wish';
export const deliverySk = 's#delivery';
export const controlsSk = 's#controls';
export const threadSk = 's#thread';
export const procedureSk = 's#procedure';
export const taskPrefix = 's#task#';
const notePrefix = 's#note#';
export const eventPrefix = 'event#';
export const outboxPrefix = 'outbox#';

/** What a later revision has of its own stands beside what the first one has; both are immutable. */
const ofRevision = (sk: string, revision: number): string => (revision === 1 ? sk : `${sk}#${revision}`);

export const planSk = (revision: number): string => ofRevision('s#plan', revision);
/** A plan's, of whatever revision. */
export const isPlanSk = (sk: string): boolean => sk === planSk(1) || sk.startsWith(`${planSk(1)}#`);
export const noteSk = (state: string, revision: number): string => ofRevision(notePrefix + state, revision);
/** That an intent is a part of another stands in the other's collection. */
export const childPrefix = 'child#';

/** Those of later revisions sort after the head, so that a head that is read names none that is not there. */
export const requestSkOf = (revision: number): string => (revision === 1 ? requestSk : `s#request#${revision}`);

/** The state that a note of this revision is of; nothing for other items. */
export function noteStateOf(sk: string, revision: number): string | undefined {
  const state = sk.startsWith(notePrefix) ? (sk.slice(notePrefix.length).split('#')[0] as string) : undefined;
  return state !== undefined && sk === noteSk(state, revision) ? state : undefined;
}

/** What an agent has left with an intent: no part of its state, and so not read with it. */
export const resumeStateSk = (agent: string): string => `resume#${sha256(agent)}`;

/** Wide enough for any run, and text order is number order. */
export const eventSk = (seq: number): string => `${eventPrefix}${String(seq).padStart(8, '0')}`;

export const linkKey = (hash: string) => ({ pk: `link#${hash}`, sk: 'link' });
export const keyKey = (keyId: string) => ({ pk: `key#${keyId}`, sk: 'key' });
/** A tenant's accounts are one collection of the table `Control`, with the ids of their keys and what repeated requests are answered. */
export const accountsPk = (tenant: string): string => `accounts#${tenant}`;
export const accountPrefix = 'account#';
export const accountKey = (tenant: string, id: string) => ({ pk: accountsPk(tenant), sk: accountPrefix + id });
export const accountKeyRow = (tenant: string, id: string, keyId: string) => ({
  pk: accountsPk(tenant),
  sk: `key#${id}#${keyId}`,
});
/** How many subscriptions a tenant has: whether anybody listens, for those who submit. */
export const listensKey = (tenant: string) => ({ pk: `listens#${tenant}`, sk: 'listens' });
export const accountRepeat = (tenant: string, key: string) => ({ pk: accountsPk(tenant), sk: `idempotency#${key}` });
/** Nicks of a tenant, and who has them; invites by the hash of their token; payload schemas. */
export const nickKey = (tenant: string, normalized: string) => ({ pk: `users#${tenant}`, sk: `nick#${normalized}` });
export const userKey = (tenant: string, ownerAgent: string) => ({ pk: `users#${tenant}`, sk: `user#${ownerAgent}` });
export const inviteKey = (tenant: string, hash: string) => ({ pk: `invites#${tenant}`, sk: `invite#${hash}` });
export const schemaKey = (tenant: string, semanticType: string) => ({
  pk: `schemas#${tenant}`,
  sk: `schema#${semanticType}`,
});
/** All people are one collection of the table `People`, which a directory is read from whole. */
export const directoryPk = 'directory';
export const personPrefix = 'person#';
export const groupPrefix = 'group#';
export const personKey = (id: string) => ({ pk: directoryPk, sk: personPrefix + id });
export const groupKey = (id: string) => ({ pk: directoryPk, sk: groupPrefix + id });
/** Taken by one person: a user name of the identity provider's, whatever its case. */
export const nameKey = (name: string) => ({ pk: `user-name#${name.toLowerCase()}`, sk: 'taken' });
export const sessionKey = (hash: string) => ({ pk: `session#${hash}`, sk: 'session' });
export const codeKey = (purpose: string) => ({ pk: `code#${purpose}`, sk: 'code' });
/** Codes that somebody asked for, counted by whom it concerns. */
export const asksKey = (who: string) => ({ pk: `asks#${who}`, sk: 'asks' });
export const effectKey = (ref: IntentRef, effectId: string) => ({ pk: intentPk(ref), sk: effectId });
export const outboxKey = (ref: IntentRef, key: string) => ({ pk: intentPk(ref), sk: `${outboxPrefix}${key}` });

/** A file of a tenant: `upload` while it is awaited, `media` once it has been checked; neither ever changes. */
export const mediaRow = (tenant: string, id: string, sk: 'upload' | 'media') => ({ pk: `${tenant}#media#${id}`, sk });

/** Kept this long, so that a repeated request finds its answer (AXP: at least 24 h). */
const idempotencySeconds = 48 * 3600;

export const idempotencyKey = (tenant: string, key: string) => ({
  pk: `${tenant}#idempotency#${key}`,
  sk: 'idempotency',
});

/** The row of a request that was answered at a time (ISO 8601), which goes once nobody repeats it any more. */
export const repeatRow = (tenant: string, key: string, answeredAt: string) => ({
  ...idempotencyKey(tenant, key),
  ttl: Math.floor(Date.parse(answeredAt) / 1000) + idempotencySeconds,
});

/** Beside it: the whole answer, where it shows more than what the request left. */
export const shownRow = (tenant: string, of: { key: string; requestHash: string }, answeredAt: string) => ({
  ...repeatRow(tenant, of.key, answeredAt),
  // What did nothing left no row that says for which body the key was.
  sk: `shown#${of.requestHash}`,
});

/**
 * The head as it is stored: under 1 KB whatever the names, since every update is billed for the whole item. What its key
 * says is not said again, and why an end is wished for lies beside it.
 */
export function headItem({ tenant, intentId, wish, ...head }: Head) {
  const due = head.dueAt === undefined ? {} : { shard: dueShard(intentId) };
  const hour = hourKey(Math.floor(Date.parse(head.updatedAt) / hourMs), shardOf(intentId));
  return {
    pk: intentPk({ tenant, intentId }),
    sk: headSk,
    ...head,
    ...(wish ? { wish: { status: wish.status } } : {}),
    ...due,
    hour,
  };
}

/** The head again, of its item (without keys) and the item of its wish. */
export function headOf(ref: IntentRef, item: object, wished: object | undefined): Head {
  const { wish, ...head } = item as Omit<Head, keyof IntentRef>;
  const { tenant, intentId } = ref;
  if (!wish) return { tenant, intentId, ...head };
  return { tenant, intentId, ...head, wish: { ...wish, error: (wished as { error: IntentError }).error } };
}

/** A record, and beside it, outside its hash, what it holds only as hashes. */
export const auditItem = ({ record, personal }: AuditEntry) => ({
  pk: record.chain,
  sk: record.seq,
  record,
  ...(personal.length > 0 ? { personal } : {}),
  ...(isDecision(record.action) ? decisionKeys(record) : {}),
});

/** The decisions' index of `Audit`: by tenant and time. An entry never changes, since a record does not. */
export const decisionsIndex = 'decisions';

const decisionKeys = ({ chain, seq, at }: SealedRecord) => ({
  decidedIn: tenantOfChain(chain),
  decidedAt: `${at}#${chain.slice(chain.lastIndexOf('#') + 1)}#${String(seq).padStart(8, '0')}`,
});

/** `<tenant>#<intentId>` → the tenant. */
const tenantOfChain = (chain: string): string => chain.slice(0, chain.lastIndexOf('#'));

/** An outbox row as it is stored. */
export const outboxItem = (ref: IntentRef, row: OutboxRow) => ({
  ...outboxKey(ref, row.key),
  ...ref,
  shard: dueShard(ref.intentId),
  ...row,
});

/** The partition of a person's open or decided tasks, in all tenants. */
export const askedKey = (is: 'open' | 'done', personId: string): string => `${is}#${personId}`;

/** What is collected for a person's digests stands in the same index; under a hash, since an outbox row outlives an erased person. */
export const collectedKey = (personId: string): string => `digest#${markOf(personId)}`;

/** Who pays a person's digest, in the table `People`. */
export const claimKey = (personId: string) => ({ pk: collectedKey(personId), sk: 'claim' });

/** What a digest has listed. */
export const digestKey = (digestId: string) => ({ pk: `digest#${digestId}`, sk: 'digest' });

/** Whom a task asks, as it is stored. Only what an inbox lists is in its index; nothing is deleted, since no door may. */
export function askedItem(ref: IntentRef, row: Asked) {
  const { taskId, personId } = row;
  const listed = row.is === 'over' ? {} : { asked: askedKey(row.is, personId), place: placeOf(row) };
  return { pk: intentPk(ref), sk: `asked#${taskId}#${personId}`, ...ref, ...row, ...listed };
}

/** Text order is the order of a list: what is open by risk and deadline, what is done by its time. */
export const placeOf = (row: Exclude<Asked, { is: 'over' }>): string =>
  row.is === 'open' ? `${riskPlace[row.risk]}#${row.deadline}` : row.decidedAt;

/** The highest first. */
export const riskPlace = { high: '1', medium: '2', low: '3' } as const;

/** How far a procedure is, as text for the same reason as a payload. */
/** `part`: the one that the present step waits for, where a condition can see it. */
export function procedureItem(procedure: Progress) {
  const { part, ended } = procedure.now ?? {};
  return { progress: JSON.stringify(procedure), ...(part === undefined || ended ? {} : { part }) };
}

export const procedureOf = (item: Record<string, unknown> | undefined): Progress | undefined =>
  item && (JSON.parse(String(item.progress)) as Progress);

/** The request's payload is kept as text, and so are a procedure's steps: JSON holds numbers and depths that a DynamoDB item does not. */
export const requestItem = ({ procedure, ...request }: IntentRequest) => ({
  ...request,
  payload: JSON.stringify(request.payload),
  ...(procedure ? { procedure: JSON.stringify(procedure) } : {}),
});

export function requestOf(item: Record<string, unknown> | undefined): IntentRequest | undefined {
  if (!item) return undefined;
  const { listed, listedFrom, listedTo, listedCorrelation, ...request } = item;
  return {
    ...request,
    payload: JSON.parse(String(request.payload)),
    ...(request.procedure === undefined ? {} : { procedure: JSON.parse(String(request.procedure)) }),
  } as IntentRequest;
}

/**
 * The lists of intents: indexes of their first requests, each by the attribute of its name. Requests never change, so that
 * no later commit writes to them; within a list the keys, which hold ids that sort by time, are the order.
 */
export const listIndexes = ['listed', 'listedFrom', 'listedTo', 'listedCorrelation'] as const;
export type ListIndex = (typeof listIndexes)[number];

/** In which partition of a list an intent is. Each begins with its tenant. */
export const listKey = {
  listed: (tenant: string) => tenant,
  listedFrom: (tenant: string, from: string) => `${tenant}#${from}`,
  listedTo: (tenant: string, to: string) => `${tenant}#${to}`,
  listedCorrelation: (tenant: string, id: string) => `${tenant}#${id.toLowerCase()}`,
} satisfies Record<ListIndex, unknown>;

/** The lists that a new intent is in. What goes to the deployment itself is in none of its receiver: it would be the tenant's. */
export const listedIn = ({ tenant, from }: Head, { to, correlationId }: IntentRequest) => ({
  listed: listKey.listed(tenant),
  listedFrom: listKey.listedFrom(tenant, from),
  ...(to === ownAddress(tenant) ? {} : { listedTo: listKey.listedTo(tenant, to) }),
  listedCorrelation: listKey.listedCorrelation(tenant, correlationId),
});
