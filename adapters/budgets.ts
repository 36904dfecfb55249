/** Budgets on DynamoDB: what caps a commit, as far as this instance knows, and what is used up of them. */

import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  type Breach,
  breachDetails,
  type Cells,
  type Metered,
  meterable,
  meteredOf,
  reserve,
  scopeOf,
  windowAt,
} from '../core/budget.ts';
import type { SealedCommit } from '../core/commit.ts';
import { stopKey } from '../core/stops.ts';
import { wholeCollection } from './collection.ts';
import { tellBreach } from './mesh.ts';
import { budgetPk, type Tables } from './rows.ts';
import type { Reservation } from './transaction.ts';

/** Targets that an instance remembers; then it learns them anew. */
const maxKnown = 10_000;

/** What a commit would reserve, under which caps; or what would be over, if these are still the caps. */
interface Reserving extends Reservation {
  alerts: readonly Breach[];
  breach?: Breach;
}

/**
 * An instance knows caps from the rows that refused its commits, and each commit is conditional on the caps that it was
 * reserved under. So where there are none, none are read; and none that were changed hold on.
 */
export function openBudgets(client: DynamoDBDocumentClient, tables: Tables) {
  const known = new Map<string, Metered>();
  const told = new Set<string>();

  async function tell({ tenant, from }: SealedCommit['head'], breach: Breach, now: string): Promise<void> {
    const { key: window, until } = windowAt(breach.window, now);
    const name = `${tenant} ${breach.scope} ${breach.kind} ${window}`;
    if (told.has(name)) return;
    if (told.size >= maxKnown) told.clear();
    told.add(name);
    const event = { address: from, at: now, details: breachDetails(breach) };
    await tellBreach(client, tables.meters, event, { ...breach, window, until }).catch(() => told.delete(name));
  }

  return {
    /** Throws what the read throws: nothing is committed on counters that can't be read. */
    async reservationFor({ head, spends, record }: SealedCommit): Promise<Reserving> {
      const metered = meterable(head).flatMap((target) => known.get(stopKey(target)) ?? []);
      if (!spends || metered.length === 0) return { metered: [], parts: [], alerts: [] };
      const cells = new Map(
        await Promise.all(
          metered.map(
            async (one) => [scopeOf(one), await cellsOf(client, tables, head.tenant, one, record.at)] as const,
          ),
        ),
      );
      const found = reserve(metered, cells, spends, head.intentId, record.at);
      return 'breach' in found
        ? { metered, parts: [], alerts: [found.breach], breach: found.breach }
        : { metered, ...found };
    },

    /** Lists what is used up for people, once in its window. What is refused stays refused where that fails. */
    async tell({ head, record }: SealedCommit, { alerts }: Reserving): Promise<void> {
      for (const breach of alerts) await tell(head, breach, record.at);
    },

    /** What a row that refused a commit says; nothing where it is gone. */
    learn(head: SealedCommit['head'], key: string, row: Record<string, unknown> | undefined): void {
      if (known.size >= maxKnown) known.clear();
      const target = meterable(head).find((one) => stopKey(one) === key);
      const metered = target && meteredOf(target, row);
      if (metered) known.set(key, metered);
      else known.delete(key);
    },
  };
}

/** The counters of one scope in the windows that its caps are for. */
export async function cellsOf(
  client: DynamoDBDocumentClient,
  { meters }: Pick<Tables, 'meters'>,
  tenant: string,
  metered: Metered,
  now: string,
): Promise<Cells> {
  const keys = [...new Set(metered.caps.map(({ window }) => windowAt(window, now).key))];
  const pages = await Promise.all(
    keys.map((key) => wholeCollection(client, meters, budgetPk(tenant, scopeOf(metered)), `${key}#`)),
  );
  return new Map(pages.flat().map(({ sk, used }) => [String(sk), Number(used)]));
}
