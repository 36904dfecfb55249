/** Checkpoints in their bucket: one object each, named by its number, written once. */

import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { SignedCheckpoint } from '../core/checkpoint.ts';
import { canonicalJson } from '../core/json.ts';

/** Wide enough for a thousand years of hours, and text order is number order. */
const keyOf = (number: number): string => `checkpoints/${String(number).padStart(8, '0')}.json`;

export function checkpoints(s3: S3Client, bucket: string) {
  const at = (number: number) => ({ Bucket: bucket, Key: keyOf(number) });

  async function exists(number: number): Promise<boolean> {
    try {
      await s3.send(new HeadObjectCommand(at(number)));
      return true;
    } catch (error) {
      if ((error as Error).name === 'NotFound') return false;
      throw error;
    }
  }

  return {
    /** The newest one's number; 0 where there is none. Numbers have no gaps, so a few dozen looks find it among millions. */
    async newest(): Promise<number> {
      let found = 0;
      let step = 1;
      for (; await exists(found + step); step *= 2) found += step;
      for (; step >= 1; step /= 2) if (await exists(found + step)) found += step;
      return found;
    },

    async read(number: number): Promise<SignedCheckpoint> {
      const { Body } = await s3.send(new GetObjectCommand(at(number)));
      return JSON.parse((await Body?.transformToString()) ?? '') as SignedCheckpoint;
    },

    /** False: somebody has written this number before. */
    async write(signed: SignedCheckpoint): Promise<boolean> {
      try {
        await s3.send(
          new PutObjectCommand({
            ...at(signed.checkpoint.number),
            Body: canonicalJson(signed),
            ContentType: 'application/json',
            IfNoneMatch: '*',
          }),
        );
        return true;
      } catch (error) {
        // The second: both were under way at the same moment, and one of them wins.
        if (['PreconditionFailed', 'ConditionalRequestConflict'].includes((error as Error).name)) return false;
        throw error;
      }
    },
  };
}
