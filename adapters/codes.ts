/** One-time codes in the table `People`. Every change is conditional on the version it was decided on, and decided anew else. */

import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import {
  type Asks,
  askSeconds,
  type Code,
  codeHash,
  type Entry,
  mailed,
  newCode,
  oneMore,
  tried,
} from '../core/code.ts';
import { RetryableError } from '../core/errors.ts';
import type { Context } from '../core/ports.ts';
import { asksKey, codeKey } from './rows.ts';

/** How often a change is decided anew: more than may try one code. */
const maxRounds = 10;

/** Slow to compute, and the same however often a change is decided anew. */
function onceEach(hash: typeof codeHash): typeof codeHash {
  const known = new Map<string, string>();
  return (digits, codeId) => {
    const found = known.get(codeId) ?? hash(digits, codeId);
    known.set(codeId, found);
    return found;
  };
}

interface Versioned {
  version: number;
}

export type Codes = ReturnType<typeof openCodes>;

export function openCodes(client: DynamoDBDocumentClient, table: string) {
  async function find<T>(key: object): Promise<T | undefined> {
    const found = await client.send(new GetCommand({ TableName: table, Key: key, ConsistentRead: true }));
    if (!found.Item) return undefined;
    const { pk, sk, ttl, ...row } = found.Item;
    return row as T;
  }

  /** False where somebody was faster. */
  async function put(key: object, row: Versioned, end: number): Promise<boolean> {
    const isNew = row.version === 1;
    try {
      await client.send(
        new PutCommand({
          TableName: table,
          Item: { ...key, ...row, ttl: Math.ceil(end / 1000) },
          ConditionExpression: isNew ? 'attribute_not_exists(pk)' : 'version = :was',
          ...(isNew ? {} : { ExpressionAttributeValues: { ':was': row.version - 1 } }),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  /** Decides on what is stored until what comes of it is stored, too. */
  async function change<T extends Versioned, R>(
    key: object,
    end: (row: T) => number,
    decide: (row: T | undefined) => { keep?: T | undefined; result: R },
  ): Promise<R> {
    for (let round = 0; round < maxRounds; round += 1) {
      const { keep, result } = decide(await find<T>(key));
      if (!keep || (await put(key, keep, end(keep)))) return result;
    }
    throw new RetryableError('The code is being changed by many at once.');
  }

  const endOf = (code: Code) => Date.parse(code.expiresAt);

  return {
    /**
     * Asks for a code; `who` is counted. What comes back is to be mailed.
     * Throws InvalidInput `too_many_codes`.
     */
    async ask(asked: Pick<Code, 'purpose' | 'personId' | 'about'>, who: string, context: Context): Promise<Code> {
      const countedUntil = (asks: Asks) => Date.parse(asks.since) + askSeconds * 1000;
      await change<Asks, void>(asksKey(who), countedUntil, (asks) => ({
        keep: oneMore(asks, context.now),
        result: undefined,
      }));
      return change<Code, Code>(codeKey(asked.purpose), endOf, (before) => {
        const code = newCode(before, asked, context);
        return { keep: code, result: code };
      });
    },

    find: (purpose: Code['purpose']) => find<Code>(codeKey(purpose)),

    /** Keeps what the digits will be compared with. False where the code is not to be mailed any more. */
    mailed: (purpose: Code['purpose'], codeId: string, digits: string, mail: string, now: string): Promise<boolean> =>
      change<Code, boolean>(codeKey(purpose), endOf, (code) => {
        const keep = mailed(code, codeId, digits, mail, now);
        return { keep, result: keep !== undefined };
      }),

    /** Uses the code up: what is entered counts from here on, or was one of the tries. Throws InvalidInput, field `code`. */
    async use(purpose: Code['purpose'], entry: Entry, now: string): Promise<Code> {
      const hash = onceEach(codeHash);
      const trial = await change<Code, ReturnType<typeof tried>>(codeKey(purpose), endOf, (code) => {
        const result = tried(code, entry, now, hash);
        return { keep: result.keep, result };
      });
      if (!trial.right) throw trial.says;
      return trial.code;
    },
  };
}
