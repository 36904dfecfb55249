/** What is collected for people's digests: owed rows, found by person. No row is lost: each is owed and due like any other. */

import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Digests, Listed } from '../core/ports.ts';
import { pauseMs } from './due.ts';
import { messageOf } from './messages.ts';
import { askedIndex, claimKey, collectedKey, digestKey, outboxKey, type Tables } from './rows.ts';

/**
 * How long one message pays a person's digest alone. Longer than its function runs; shorter than the pause after which what
 * is still owed brings another message, so that what a dead one left is not left out again.
 */
const claimMs = pauseMs - 60_000;

export function openDigests(
  client: DynamoDBDocumentClient,
  { intents, people }: Pick<Tables, 'intents' | 'people'>,
): Digests {
  const setFree = (personId: string, freeAt: number, condition: object) =>
    unlessRefused(
      client.send(
        new PutCommand({
          TableName: people,
          Item: { ...claimKey(personId), freeAt, ttl: Math.ceil(freeAt / 1000) },
          ...condition,
        }),
      ),
    );

  return {
    async collect({ body, ...row }, personId, at) {
      const was = body.digest;
      await unlessRefused(
        client.send(
          new UpdateCommand({
            TableName: intents,
            Key: outboxKey(row, row.key),
            UpdateExpression: 'SET dueAt = :at, body.digest = :at, asked = :whose, place = :place',
            ConditionExpression: `attribute_exists(pk) AND ${was === undefined ? 'attribute_not_exists(body.digest)' : 'body.digest = :was'}`,
            ExpressionAttributeValues: {
              ':at': at,
              ':whose': collectedKey(personId),
              ':place': new Date(at).toISOString(),
              ...(was === undefined ? {} : { ':was': was }),
            },
          }),
        ),
      );
    },

    async due(personId, now, limit) {
      const page = await client.send(
        new QueryCommand({
          TableName: intents,
          IndexName: askedIndex,
          KeyConditionExpression: 'asked = :whose AND place <= :now',
          ExpressionAttributeValues: { ':whose': collectedKey(personId), ':now': now },
          Limit: limit,
        }),
      );
      return (page.Items ?? []).map(messageOf);
    },

    async claim(personId, now) {
      const at = Date.parse(now);
      const claimed = await setFree(personId, at + claimMs, {
        ConditionExpression: 'attribute_not_exists(pk) OR freeAt <= :now',
        ExpressionAttributeValues: { ':now': at },
      });
      return claimed ? at + claimMs : undefined;
    },

    async release(personId, until, now) {
      await setFree(personId, Date.parse(now), {
        ConditionExpression: 'freeAt = :until',
        ExpressionAttributeValues: { ':until': until },
      });
    },

    async keep(digestId, tasks, until) {
      const ttl = Math.ceil(Date.parse(until) / 1000);
      await client.send(
        new PutCommand({
          TableName: intents,
          Item: { ...digestKey(digestId), tasks, ttl },
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      );
    },

    async listed(digestId) {
      const found = await client.send(
        new GetCommand({ TableName: intents, Key: digestKey(digestId), ConsistentRead: true }),
      );
      return (found.Item?.tasks ?? []) as Listed[];
    },
  };
}

/** False where the condition did not hold. */
async function unlessRefused(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
