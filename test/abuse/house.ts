/** The tables in memory, as strict as DynamoDB about what it can hold; counts what is written. */

import type { GetCommand, QueryCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { refuseUnheld } from '../../adapters/dynamo.ts';
import { itemBytes } from '../../adapters/item-size.ts';
import { createKey } from '../../adapters/keys.ts';
import { intentPk, linkKey, type Tables } from '../../adapters/rows.ts';
import { operationsOf } from '../../adapters/transaction.ts';
import { type MemoryStore, memoryStore } from '../../core/testing/memory-store.ts';

const tables: Tables = {
  intents: 'Intents',
  effects: 'Effects',
  audit: 'Audit',
  control: 'Control',
  people: 'People',
  meters: 'Meters',
};

const maxItemBytes = 400 * 1024;
const maxPkBytes = 2048;
const maxSkBytes = 1024;
const maxOperations = 100;

/** As DynamoDB answers where a key or an item is beyond its limits. */
class ValidationException extends Error {
  override readonly name = 'ValidationException';
}

const fits = (pk: string, item: object = {}): void => {
  const { sk } = item as { sk?: unknown };
  const keyIsFine =
    pk !== '' && Buffer.byteLength(pk) <= maxPkBytes && (typeof sk !== 'string' || Buffer.byteLength(sk) <= maxSkBytes);
  refuseUnheld(item);
  if (!keyIsFine || itemBytes(item) > maxItemBytes) throw new ValidationException('beyond the limits of an item');
};

const keys = new Map<string, object>();

/** Enough of a client for API keys, and for a directory that the table adds nothing to. */
const client = {
  async send(
    command: GetCommand | TransactWriteCommand | QueryCommand,
  ): Promise<{ Item?: object | undefined; Items?: [] }> {
    if ('KeyConditionExpression' in command.input) return { Items: [] };
    if ('TransactItems' in command.input) {
      for (const { Put } of command.input.TransactItems ?? []) if (Put?.Item) keys.set(String(Put.Item.pk), Put.Item);
      return {};
    }
    const { pk } = (command as GetCommand).input.Key as { pk: string };
    fits(pk);
    return { Item: keys.get(pk) };
  },
};

const memory = memoryStore();

export const house = {
  /** Writes that happened. */
  writes: 0,
  memory,
  store: {
    ...memory,
    async load(ref, options) {
      fits(intentPk(ref));
      return memory.load(ref, options);
    },
    async events(ref, since, limit) {
      fits(intentPk(ref));
      return memory.events(ref, since, limit);
    },
    async commit(commit) {
      const operations = operationsOf(commit, tables);
      if (operations.length > maxOperations) throw new ValidationException('too many operations');
      for (const { item } of operations) if (item.Put) fits(String(item.Put.Item?.pk), item.Put.Item);
      const outcome = await memory.commit(commit);
      if (outcome.ok) house.writes += 1;
      return outcome;
    },
    async putLink(link) {
      const key = linkKey(link.hash);
      fits(key.pk, { ...key, ...link });
      house.writes += 1;
      return memory.putLink(link);
    },
    async settle(ref, key) {
      house.writes += 1;
      return memory.settle(ref, key);
    },
  } satisfies MemoryStore as MemoryStore,
};

/** In place of `openStore`. */
export const openHouse = () => ({ client, tables, store: house.store });

/** A key of an agent of a tenant. */
export const newKey = async (tenant: string, agent: string): Promise<string> => {
  const given = { tenant, agent: `agent://${tenant}/${agent}`, name: 'test', now: new Date().toISOString() };
  return (await createKey(client as never, tables.control, given)).token;
};
