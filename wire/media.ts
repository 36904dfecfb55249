/** The HTTP contract of files: AXP's create-upload, finalize-upload and get. */

import * as z from 'zod';
import { characters } from '../core/characters.ts';
import { taskId } from './tasks.ts';

const sha256 = z.string().regex(/^[a-f0-9]{64}$/);
const address = characters(3, 255);
/** AXP allows more; what is larger than ours is refused in words. */
const bytes = z
  .int()
  .min(1)
  .max(2 ** 31);

/** What a path or a field must hold to name a file. */
export const uploadId = z.uuid();

export const createUpload = z.strictObject({
  owner_agent: address,
  filename: characters(1, 255),
  mime_type: z
    .string()
    .min(3)
    .max(255)
    .regex(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(; ?[\w-]+=[\w.-]+)*$/, 'a media type, e.g. image/png'),
  size_bytes: bytes,
  sha256: sha256.optional(),
  ttl_seconds: z.int().min(60).max(604_800).optional(),
  /** Ours: the task that it is evidence of, where a person uploads it; `owner_agent` is then the agent that asks. */
  task_id: taskId.optional(),
});
export type CreateUpload = z.infer<typeof createUpload>;

export const finalizeUpload = z.strictObject({
  upload_id: uploadId,
  size_bytes: bytes,
  sha256: sha256.optional(),
  /** Ours: says the tenant, where a person's session comes without a key. */
  owner_agent: address.optional(),
});
export type FinalizeUpload = z.infer<typeof finalizeUpload>;

/** Query of `GET /v1/media/{id}`. */
export const mediaQuery = z.strictObject({
  /** Ours: says the tenant, where a person's session comes without a key. */
  owner_agent: address.optional(),
});
