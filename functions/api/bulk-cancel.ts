/** `POST /v1/intents/bulk-cancel`: what an agent asked for and nobody has moved for long is withdrawn. */

import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { ApiKey } from '../../adapters/keys.ts';
import { listedIntents } from '../../adapters/listed.ts';
import { keepRepeat, type Repeat, type Written, writeAll } from '../../adapters/repeats.ts';
import { repeatRow } from '../../adapters/rows.ts';
import { perform } from '../../core/commit.ts';
import { Conflict } from '../../core/errors.ts';
import { isTerminal } from '../../core/lifecycle.ts';
import type { Head } from '../../core/model.ts';
import type { Context, Store } from '../../core/ports.ts';
import { cancel } from '../../core/rules/cancel.ts';
import type { bulkCancel } from '../../wire/controls.ts';
import { firstAnswer, once } from './idempotency.ts';

/** Intents that are withdrawn at the same time, each by a commit of its own. */
const atOnce = 10;
/** Milliseconds after which no more are begun: the function and its clients wait for 15 seconds. */
const budgetMs = 9000;

type Asked = ReturnType<typeof bulkCancel.parse>;

interface Ports {
  store: Store;
  /** A page of the caller's intents that fit, the newest first, after one of them. */
  page: (wanted: Wanted) => Promise<{ found: Head[]; after?: string }>;
  /** Keeps what a request was answered; gives what was kept before, where it was. */
  keep: (tenant: string, repeat: Repeat, now: string) => Promise<Written>;
  context: () => Context;
  now?: () => number;
}

interface Wanted {
  tenant: string;
  /** Nothing: whoever asked. */
  from: string | undefined;
  only: (head: Head) => boolean;
  limit: number;
  after: string | undefined;
}

/** Pages from the list of intents. */
export const pagesOf =
  (index: { client: DynamoDBDocumentClient; table: string }): Ports['page'] =>
  async ({ tenant, from, only, limit, after }) => {
    const page = await listedIntents(index, tenant, { from, limit, after, only: ({ head }) => only(head) });
    return { found: page.found.map(({ head }) => head), ...(page.after === undefined ? {} : { after: page.after }) };
  };

/** Keeps answers where those of other requests are. */
export const keptIn =
  ({ client, table }: { client: DynamoDBDocumentClient; table: string }): Ports['keep'] =>
  (tenant, repeat, now) =>
    writeAll(client, [keepRepeat(table, repeatRow(tenant, repeat.key, now), repeat)]);

/**
 * `has_more`: its time or its limit was over first; asked again it goes on, but for the same Idempotency-Key, which is
 * answered as at first. Its answer is kept once all is done: a request that broke off goes on where it was, and counts what
 * it withdraws then. Throws Conflict `idempotency_conflict`.
 */
export async function cancelMany(
  ports: Ports,
  caller: ApiKey,
  asked: Asked,
  known: { idempotency?: { key: string; requestHash: string } } = {},
) {
  return once(ports.store, caller, known, async () => {
    const answer = await withdrawMany(ports, caller, asked);
    if (!known.idempotency) return answer;
    const repeat = { ...known.idempotency, answer };
    const written = await ports.keep(caller.tenant, repeat, ports.context().now);
    if (typeof written === 'string') return answer;
    return firstAnswer(written, repeat.requestHash) as typeof answer;
  });
}

async function withdrawMany(
  { store, page, context, now = Date.now }: Ports,
  caller: ApiKey,
  { older_than_hours, status_filter, dry_run, reason, limit }: Asked,
) {
  const until = now() + budgetMs;
  const before = Date.parse(context().now) - older_than_hours * 3_600_000;
  const wanted = {
    tenant: caller.tenant,
    from: caller.ownToo === true ? undefined : caller.agent,
    only: (head: Head) =>
      !isTerminal(head.status) &&
      !head.wish &&
      !head.frozen &&
      status_filter.includes(head.status) &&
      Date.parse(head.updatedAt) <= before,
  };
  const ids: string[] = [];
  let after: string | undefined;
  let more = true;
  while (more && ids.length < limit && now() < until) {
    const found = await page({ ...wanted, after, limit: Math.min(limit - ids.length, 100) });
    let i = 0;
    for (; i < found.found.length && now() < until; i += atOnce) {
      const some = found.found.slice(i, i + atOnce);
      const done = dry_run ? some.map(() => true) : await Promise.all(some.map((head) => withdraw(head)));
      ids.push(...some.filter((_, n) => done[n]).map(({ intentId }) => intentId));
    }
    after = found.after;
    more = after !== undefined || i < found.found.length;
  }
  const counted = dry_run ? { would_cancel: ids.length } : { canceled: ids.length };
  return { dry_run, ...counted, intent_ids: ids, has_more: more };

  /** False where it ended, or operators took it, since it was listed. */
  async function withdraw(head: Head): Promise<boolean> {
    const who = {
      by: 'agent',
      address: caller.agent,
      any: caller.ownToo === true,
      requestId: context().newId(),
      reason,
    } as const;
    try {
      await perform(store, head, {}, context, (state, at) => cancel(state, who, at));
      return true;
    } catch (error) {
      if (error instanceof Conflict) return false;
      throw error;
    }
  }
}
