/** The store in memory, with every operation that `adapters/store.ts` would send to DynamoDB entered in a ledger. */

import {
  directoryPk,
  effectKey,
  eventPrefix,
  eventSk,
  idempotencyKey,
  intentPk,
  linkKey,
  listensKey,
  outboxKey,
  personPrefix,
  requestSk,
  shownRow,
  statePrefix,
  type Tables,
} from '../adapters/rows.ts';
import { type Operation, operationsOf } from '../adapters/transaction.ts';
import type { SealedCommit } from '../core/commit.ts';
import { type MemoryStore, memoryStore } from '../core/testing/memory-store.ts';
import { Ledger } from './ledger.ts';

/** Names of tables don't count towards an item's size. */
export const tables: Tables = {
  intents: 'Intents',
  effects: 'Effects',
  audit: 'Audit',
  control: 'Control',
  people: 'People',
  meters: 'Meters',
};

interface Sent {
  TableName?: string;
  Key?: { pk: string; sk: string };
  TransactItems?: Operation['item'][];
}

/** `committed` is told of each commit, as the store on DynamoDB tells its own; `called` of each call it would make. */
export function countingStore(
  committed: (commit: SealedCommit) => void,
  called: (action: string) => void,
): {
  store: MemoryStore;
  ledger: Ledger;
  get(table: string, key: { pk: string; sk: string }): void;
  directory(): void;
  /** Takes the commands of the adapter of mailboxes, which are empty. */
  client: { send(command: { input: Sent }): Promise<object> };
} {
  const memory = memoryStore();
  const ledger = new Ledger();
  const get = (table: string, key: { pk: string; sk: string }) => {
    called('GetItem');
    ledger.get(table, key);
  };
  const store: MemoryStore = {
    ...memory,
    async load(ref, options = {}) {
      called('Query');
      ledger.query(tables.intents, intentPk(ref), options.request ? requestSk : statePrefix, `${statePrefix}~`);
      if (options.effectId !== undefined) get(tables.effects, effectKey(ref, options.effectId));
      if (options.linkHash !== undefined) get(tables.intents, linkKey(options.linkHash));
      return memory.load(ref, options);
    },
    async events(ref, since, limit) {
      called('Query');
      ledger.query(tables.intents, intentPk(ref), eventSk(since + 1), `${eventPrefix}~`);
      return memory.events(ref, since, limit);
    },
    async announces(tenant) {
      get(tables.control, listensKey(tenant));
      return memory.announces(tenant);
    },
    async commit(commit) {
      const outcome = await memory.commit(commit);
      // No path of the price has two that decide at once: a refused commit would be a defect of the path.
      if (!outcome.ok) throw new Error(`${commit.record.action} was refused: ${outcome.because}`);
      called('TransactWriteItems');
      ledger.transaction(commit.record.action, operationsOf(commit, tables));
      committed(commit);
      return outcome;
    },
    async findAnswer(tenant, key) {
      get(tables.intents, idempotencyKey(tenant, key));
      return memory.findAnswer(tenant, key);
    },
    async keepShown(tenant, of, shown) {
      called('PutItem');
      ledger.put(tables.intents, { ...shownRow(tenant, of, new Date(0).toISOString()), shown: JSON.stringify(shown) });
      return memory.keepShown(tenant, of, shown);
    },
    async findLink(hash) {
      get(tables.intents, linkKey(hash));
      return memory.findLink(hash);
    },
    async putLink(link) {
      called('PutItem');
      ledger.put(tables.intents, { ...linkKey(link.hash), ...link });
      return memory.putLink(link);
    },
    async settle(ref, key) {
      called('DeleteItem');
      ledger.delete(tables.intents, outboxKey(ref, key));
      return memory.settle(ref, key);
    },
  };
  const directory = () => {
    called('Query');
    ledger.query(tables.people, directoryPk, personPrefix, `${personPrefix}~`);
  };
  const client = {
    async send({ input }: { input: Sent }) {
      if (input.Key) get(input.TableName as string, input.Key);
      else {
        called('TransactWriteItems');
        const operations = (input.TransactItems ?? []).map((item): Operation => ({ item, guard: { kind: 'changed' } }));
        ledger.transaction('mailbox', operations);
      }
      return {};
    },
  };
  return { store, ledger, get, directory, client };
}
