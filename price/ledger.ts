/** The tables as they fill up, and the units that each operation on them is billed. */

import { itemBytes, readUnits, writeUnits } from '../adapters/item-size.ts';
import { listIndexes } from '../adapters/rows.ts';
import type { Operation } from '../adapters/transaction.ts';

type Item = Record<string, unknown>;

/** A transaction prepares and commits each item: twice the units. */
const perTransaction = 2;

/** Kept for each item and each index entry beside its content (docs: table storage), bytes. */
const overheadBytes = 100;

interface Index {
  keys: [string, string];
  projected?: string[];
}

/** The sparse indexes of `Intents` and `Audit`: their keys, and what else they hold of an item; without a list, all of it. */
const indexes: Index[] = [
  { keys: ['shard', 'dueAt'], projected: ['kind', 'tenant', 'intentId', 'type'] },
  { keys: ['asked', 'place'] },
  { keys: ['decidedIn', 'decidedAt'], projected: [] },
  ...listIndexes.map((name): Index => ({ keys: [name, 'pk'], projected: [] })),
];

/** An item's entry in an index, where it has one. */
function entryOf({ keys, projected }: Index, item: Item | undefined): Item | undefined {
  if (!item || keys.some((key) => item[key] === undefined)) return undefined;
  const held = projected && ['pk', 'sk', ...keys, ...projected];
  return held ? Object.fromEntries(held.map((name) => [name, item[name]])) : item;
}

export interface Units {
  /** Write units on tables. */
  write: number;
  /** Those of them that only check whether something is there. */
  check: number;
  /** Write units on the indexes. */
  index: number;
  read: number;
}

export class Ledger {
  readonly units: Units = { write: 0, check: 0, index: 0, read: 0 };
  /** Write units of each transaction, in order, by the action that its record names. */
  readonly transactions: { action: string; items: number; units: number }[] = [];
  readonly #items = new Map<string, Item>();

  transaction(action: string, operations: readonly Operation[]): void {
    const before = this.units.write;
    for (const { item } of operations) {
      const { Put, Update, Delete, ConditionCheck } = item;
      if (Put) this.put(Put.TableName, Put.Item as Item, perTransaction);
      if (Update) this.#update(Update.TableName, Update.Key as Item, perTransaction);
      if (Delete) this.delete(Delete.TableName, Delete.Key as Item, perTransaction);
      if (ConditionCheck) this.#check(ConditionCheck.TableName, ConditionCheck.Key);
    }
    this.transactions.push({ action, items: operations.length, units: this.units.write - before });
  }

  put(table: string | undefined, item: Item, times = 1): void {
    this.#write(table, item, item, times);
  }

  delete(table: string | undefined, key: Item, times = 1): void {
    this.#write(table, key, undefined, times);
  }

  /** Billed as a write of what it looks at. */
  #check(table: string | undefined, key: Item | undefined): void {
    const units = perTransaction * writeUnits(this.#bytes(table, key));
    this.units.write += units;
    this.units.check += units;
  }

  /** The one update of the store sets `replacedAt`; it is billed for the whole item. */
  #update(table: string | undefined, key: Item, times: number): void {
    const was = this.#items.get(keyOf(table, key)) ?? key;
    this.#write(table, key, { ...was, replacedAt: new Date(0).toISOString() }, times);
  }

  #write(table: string | undefined, key: Item, after: Item | undefined, times: number): void {
    const at = keyOf(table, key);
    const before = this.#items.get(at);
    const bytes = Math.max(before ? itemBytes(before) : 0, after ? itemBytes(after) : 0);
    this.units.write += times * writeUnits(bytes);
    for (const index of indexes) this.units.index += indexWrites(index, before, after);
    if (after) this.#items.set(at, after);
    else this.#items.delete(at);
  }

  /** One item, strongly consistent. */
  get(table: string, key: Item): void {
    this.units.read += readUnits(this.#bytes(table, key));
  }

  /** The items of a collection whose sort keys lie between two, strongly consistent. */
  query(table: string, pk: string, from: string, to: string): void {
    const prefix = `${table}\n${pk}\n`;
    let bytes = 0;
    for (const [key, item] of this.#items) {
      const sk = key.slice(prefix.length);
      if (key.startsWith(prefix) && sk >= from && sk <= to) bytes += itemBytes(item);
    }
    this.units.read += readUnits(bytes);
  }

  #bytes(table: string | undefined, key: Item | undefined): number {
    const item = this.#items.get(keyOf(table, key ?? {}));
    return item ? itemBytes(item) : 0;
  }

  /** What stays for good: items with a time to live are left out. */
  get storedBytes(): number {
    let sum = 0;
    for (const item of this.#items.values()) {
      if (item.ttl !== undefined) continue;
      for (const one of [item, ...indexes.map((index) => entryOf(index, item))])
        if (one) sum += itemBytes(one) + overheadBytes;
    }
    return sum;
  }
}

const keyOf = (table: string | undefined, { pk, sk }: Item): string => `${table}\n${pk}\n${sk}`;

/** A changed index key is a delete and a put; an entry that stays the same costs nothing. */
function indexWrites(index: Index, itemBefore: Item | undefined, itemAfter: Item | undefined): number {
  const before = entryOf(index, itemBefore);
  const after = entryOf(index, itemAfter);
  const unitsOf = (entry: Item | undefined) => (entry ? writeUnits(itemBytes(entry)) : 0);
  if (!before || !after || index.keys.some((key) => before[key] !== after[key]))
    return unitsOf(before) + unitsOf(after);
  const same = Object.keys(after).every((name) => before[name] === after[name]);
  return same ? 0 : Math.max(unitsOf(before), unitsOf(after));
}
