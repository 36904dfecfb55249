/** Finds and erases a person in the tables. Reads them whole: nothing else knows everywhere that somebody was named. */

import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  paginateScan,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { isOf, type Named, type Telling, tellings, withoutPerson, wordsIn } from '../core/erase.ts';
import { isTerminal, type Status } from '../core/lifecycle.ts';
import type { PersonalSide } from '../core/personal.ts';
import { directoryPk, headSk, isPlanSk, linkKey, personPrefix, type Tables, taskPrefix } from './rows.ts';

type Row = Record<string, unknown> & { pk: string; sk: string };

export interface Found {
  person: Named;
  /** Intents in which they are asked at this moment: `<tenant>#<intentId>`. */
  askedIn: string[];
}

export interface Erased {
  rows: number;
  /** Values beside audit records. */
  values: number;
  /** Intents that are still open and name them: they keep it until they have ended. */
  open: string[];
  /** Records of before personal data stood beside them; what they say can't be erased. */
  fixed: number;
}

/** What one row, or what stands beside one record, tells of a person. */
export interface Stored {
  in: 'intents' | 'audit' | 'people';
  /** `<tenant>#<intentId>`, or whose row of the directory. */
  of: string;
  /** The row's sort key, or the record's number. */
  row: string;
  told: Telling[];
}

/** Keys, and what only proves a secret. */
const unsaid = /^(pk|sk|ttl)$|hash|mac|salt|digits/i;

/** `tenant`: only what is of this one. */
export function eraser(client: DynamoDBDocumentClient, tables: Tables, tenant?: string) {
  async function* scan(TableName: string): AsyncGenerator<Row> {
    for await (const { Items = [] } of paginateScan({ client }, { TableName, ConsistentRead: true }))
      for (const row of Items as Row[]) if (tenant === undefined || intentOf(row).startsWith(`${tenant}#`)) yield row;
  }

  /** By what names the person is stored, and where they are asked now. */
  async function find(id: string): Promise<Found> {
    const { Item } = await client.send(
      new GetCommand({ TableName: tables.people, Key: { pk: directoryPk, sk: personPrefix + id } }),
    );
    const words = new Set(wordsIn({ ...Item, id }, id));
    const askedIn: string[] = [];
    for await (const row of scan(tables.intents)) {
      for (const word of wordsIn(row, id)) words.add(word);
      if (row.sk.startsWith(taskPrefix) && row.status === 'open' && asks(row, id)) askedIn.push(row.pk);
    }
    return { person: { id, words }, askedIn };
  }

  /** Counts what there is to erase, and with `write` erases it. Can be repeated, and goes on where it was interrupted. */
  async function erase(person: Named, write: boolean): Promise<Erased> {
    const done: Erased = { rows: 0, values: 0, open: [], fixed: 0 };
    const open = new Set<string>();
    const hasEnded = endedIntents();
    // What says how the person was named comes last, so that a repetition still finds it.
    for (const last of [false, true])
      for await (const row of scan(tables.intents)) {
        if (row.sk.startsWith(taskPrefix) !== last || isPlanSk(row.sk)) continue;
        const cleaned = isInboxRow(row, person) ? undefined : withoutPerson(row, person);
        if (!cleaned && !isInboxRow(row, person)) continue;
        const pk = intentOf(row);
        if (!(await hasEnded(pk))) open.add(pk);
        else {
          done.rows += 1;
          if (write) await (cleaned ? replace(row, cleaned) : remove(row));
        }
      }
    for await (const row of scan(tables.audit)) {
      const { record, personal = [] } = row as unknown as { record: { v: number }; personal?: PersonalSide[] };
      const theirs = personal.filter(({ of }) => isOf(of, person)).length;
      if (record.v === 1 && withoutPerson({ record }, person)) done.fixed += 1;
      if (theirs === 0) continue;
      if (!(await hasEnded(row.pk))) open.add(row.pk);
      else {
        done.values += theirs;
        if (write)
          await leaveOthers(
            row,
            personal.filter(({ of }) => !isOf(of, person)),
          );
      }
    }
    return { ...done, open: [...open].sort() };
  }

  /** All that is stored of a person, ended or not: of intents, beside records, and of themselves. */
  async function* stored(person: Named): AsyncGenerator<Stored> {
    for await (const row of scan(tables.intents)) {
      const told = isPlanSk(row.sk) ? [] : tellings(row, person);
      if (told.length > 0 || isInboxRow(row, person)) yield { in: 'intents', of: intentOf(row), row: row.sk, told };
    }
    for await (const row of scan(tables.audit)) {
      const { record, personal = [] } = row as unknown as { record: { seq: number }; personal?: PersonalSide[] };
      const told = personal.filter(({ of }) => isOf(of, person)).map(({ at, value }) => ({ at, value }));
      if (told.length > 0) yield { in: 'audit', of: row.pk, row: String(record.seq), told };
    }
    if (tenant !== undefined) return;
    for await (const row of scan(tables.people)) {
      const theirs = row.sk === personPrefix + person.id || row.personId === person.id;
      const told = theirs
        ? Object.entries(row).flatMap(([key, value]) => (unsaid.test(key) ? [] : [{ at: `/${key}`, value }]))
        : tellings(row, person);
      // The key of a session or a code is what would find it: it opens nothing, and tells nothing of anybody.
      if (told.length > 0) yield { in: 'people', of: theirs ? person.id : row.pk, row: row.sk, told };
    }
  }

  function endedIntents(): (pk: string) => Promise<boolean> {
    let last: { pk: string; ended: boolean } | undefined;
    return async (pk) => {
      if (last?.pk === pk) return last.ended;
      const { Item } = await client.send(
        new GetCommand({ TableName: tables.intents, Key: { pk, sk: headSk }, ConsistentRead: true }),
      );
      last = { pk, ended: Item === undefined || isTerminal(Item.status as Status) };
      return last.ended;
    };
  }

  /** A head goes on being what commits are conditional on: only its field changes, and only while it is this one. */
  const replace = (row: Row, cleaned: Row) =>
    row.sk === headSk
      ? client.send(
          new UpdateCommand({
            TableName: tables.intents,
            Key: { pk: row.pk, sk: row.sk },
            UpdateExpression: 'SET onBehalfOf = :erased',
            ConditionExpression: 'auditSeq = :version',
            ExpressionAttributeValues: { ':erased': cleaned.onBehalfOf, ':version': row.auditSeq },
          }),
        )
      : client.send(
          new PutCommand({ TableName: tables.intents, Item: cleaned, ConditionExpression: 'attribute_exists(pk)' }),
        );

  const remove = ({ pk, sk }: Row) => client.send(new DeleteCommand({ TableName: tables.intents, Key: { pk, sk } }));

  const leaveOthers = ({ pk, sk }: Row, personal: PersonalSide[]) =>
    client.send(
      new UpdateCommand({
        TableName: tables.audit,
        Key: { pk, sk },
        ...(personal.length === 0
          ? { UpdateExpression: 'REMOVE personal' }
          : { UpdateExpression: 'SET personal = :rest', ExpressionAttributeValues: { ':rest': personal } }),
      }),
    );

  return { find, erase, stored };
}

/** What a person's inbox lists: the person is in its key, and what it says stands in the task too. */
const isInboxRow = ({ sk }: Row, { id }: Named): boolean => sk.startsWith('asked#') && sk.endsWith(`#${id}`);

const asks = ({ approvers }: Row, id: string): boolean =>
  Array.isArray(approvers) && approvers.some((one: { id?: unknown }) => one.id === id);

/** The intent that a row belongs to; links are keyed by their hash. */
const intentOf = ({ pk, tenant, intentId }: Row): string =>
  pk.startsWith(linkKey('').pk) ? `${tenant}#${intentId}` : pk;
