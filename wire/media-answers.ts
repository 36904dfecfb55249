/** The HTTP contract of files: what goes out. No function needs these schemas; the OpenAPI document, clients and tests do. */

import * as z from 'zod';
import { characters } from '../core/characters.ts';
import { maxMediaBytes } from '../core/evidence.ts';
import { uploadId } from './media.ts';

const ok = z.literal(true);
const time = z.iso.datetime();
const sha256 = z.string().regex(/^[a-f0-9]{64}$/);

const file = {
  upload_id: uploadId,
  owner_agent: z.string().startsWith('agent://').max(255),
  bucket: characters(3, 255),
  object_path: characters(3, 1024),
};
const bytes = z.int().min(1).max(maxMediaBytes);

export const createdUpload = z.strictObject({
  ok,
  ...file,
  upload_url: z.url(),
  status: z.literal('pending'),
  expires_at: time,
  max_size_bytes: z.literal(maxMediaBytes),
});

export const finalizedUpload = z.strictObject({
  ok,
  ...file,
  mime_type: z.string(),
  size_bytes: bytes,
  sha256,
  status: z.literal('ready'),
  finalized_at: time,
});

export const gotUpload = z.strictObject({
  ok,
  upload: z.strictObject({
    ...file,
    mime_type: z.string(),
    filename: z.string(),
    size_bytes: bytes,
    sha256: sha256.nullable(),
    status: z.enum(['pending', 'ready', 'expired']),
    created_at: time,
    expires_at: time,
    finalized_at: time.nullable(),
    download_url: z.url().nullable(),
    preview_url: z.null(),
  }),
});
