/** What is known of a tenant's files. Rows are put once and never changed. */

import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Media } from '../core/evidence.ts';
import { keepRepeat, type Repeat, type Written, writeAll } from './repeats.ts';
import { mediaRow, repeatRow } from './rows.ts';

/** Whose evidence a person's file is: it counts for this task, and for them. */
export interface EvidenceOf {
  taskId: string;
  personId: string;
}

/** A file that somebody said they would upload. */
export interface Upload {
  id: string;
  tenant: string;
  /** The agent's whole address. */
  owner: string;
  name: string;
  contentType: string;
  bytes: number;
  sha256?: string;
  createdAt: string;
  expiresAt: string;
  /** Where a person said it. */
  for?: EvidenceOf;
}

/** A file that has arrived and was checked. */
export interface StoredMedia extends Media {
  tenant: string;
  owner: string;
  createdAt: string;
  /** Until when it had to arrive. */
  expiresAt: string;
  finalizedAt: string;
  /** Where a person attached it. */
  for?: EvidenceOf;
}

/** The part of it that a decision holds. */
export const mediaOf = ({ id, sha256, name, bytes, contentType }: StoredMedia): Media => ({
  id,
  sha256,
  name,
  bytes,
  contentType,
});

/** An upload's row goes this long after its time, seconds. */
const keptSeconds = 7 * 86_400;

export function mediaRows(client: DynamoDBDocumentClient, table: string) {
  const find = async (tenant: string, id: string, sk: 'upload' | 'media') => {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: mediaRow(tenant, id, sk), ConsistentRead: true }),
    );
    return Item;
  };
  return {
    findUpload: async (tenant: string, id: string) => (await find(tenant, id, 'upload')) as Upload | undefined,
    findMedia: async (tenant: string, id: string) => (await find(tenant, id, 'media')) as StoredMedia | undefined,

    putUpload(upload: Upload, repeat?: Repeat): Promise<Written> {
      const ttl = Math.floor(Date.parse(upload.expiresAt) / 1000) + keptSeconds;
      const Item = { ...mediaRow(upload.tenant, upload.id, 'upload'), ...upload, ttl };
      const put = { Put: { TableName: table, Item, ConditionExpression: 'attribute_not_exists(pk)' } };
      const kept = repeat && keepRepeat(table, repeatRow(upload.tenant, repeat.key, upload.createdAt), repeat);
      return writeAll(client, kept ? [put, kept] : [put]);
    },

    /** What is there first stays: gives that. */
    async putMedia(media: StoredMedia): Promise<StoredMedia> {
      const Item = { ...mediaRow(media.tenant, media.id, 'media'), ...media };
      try {
        await client.send(new PutCommand({ TableName: table, Item, ConditionExpression: 'attribute_not_exists(pk)' }));
        return media;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return (await this.findMedia(media.tenant, media.id)) ?? media;
      }
    },
  };
}

export type MediaRows = ReturnType<typeof mediaRows>;
