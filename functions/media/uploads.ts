/** The API of files: an agent, or a person for their task, says what they will upload, uploads it to S3, and has it checked and put away. */

import { type Arrived, type MediaFiles, mediaKey, uploadKey, uploadSeconds } from '../../adapters/media.ts';
import type { MediaRows, StoredMedia, Upload } from '../../adapters/media-rows.ts';
import { Conflict, InvalidInput, NotFound, RetryableError } from '../../core/errors.ts';
import { maxMediaBytes } from '../../core/evidence.ts';
import type { Context } from '../../core/ports.ts';
import { wholeAddress } from '../../wire/addresses.ts';
import type { CreateUpload, FinalizeUpload } from '../../wire/media.ts';
import { firstAnswer } from '../api/idempotency.ts';
import { mayFinish, mayRead, type Uploader } from './uploader.ts';

export interface Ports {
  rows: MediaRows;
  files: MediaFiles;
}

const keyOf = ({ tenant, id }: Pick<Upload, 'tenant' | 'id'>): string => uploadKey(tenant, id);

/**
 * What comes again with its Idempotency-Key is the same upload; its address is signed again, for what is left of its time.
 * Throws InvalidInput: `payload_too_large`, or an owner of another tenant (`owner_agent`); Conflict `idempotency_conflict`.
 */
export async function create(
  ports: Ports,
  caller: Uploader,
  asked: CreateUpload,
  context: Context,
  known?: { key: string; requestHash: string },
) {
  const { rows } = ports;
  if (asked.size_bytes > maxMediaBytes)
    throw new InvalidInput(
      `A file has at most ${maxMediaBytes} bytes.`,
      { field: 'size_bytes', limit_bytes: maxMediaBytes },
      'payload_too_large',
    );
  const owner = wholeAddress(asked.owner_agent, caller.tenant, 'owner_agent');
  if (!owner.startsWith(`agent://${caller.tenant}/`))
    throw new InvalidInput('The owner is an agent of your own tenant.', { field: 'owner_agent' });
  const seconds = Math.min(asked.ttl_seconds ?? uploadSeconds, uploadSeconds);
  const upload: Upload = {
    id: context.newId(),
    tenant: caller.tenant,
    owner,
    name: asked.filename,
    contentType: asked.mime_type,
    bytes: asked.size_bytes,
    ...(asked.sha256 === undefined ? {} : { sha256: asked.sha256 }),
    createdAt: context.now,
    expiresAt: new Date(Date.parse(context.now) + seconds * 1000).toISOString(),
    ...(caller.of ? { for: caller.of } : {}),
  };
  const written = await rows.putUpload(upload, known && { ...known, answer: { uploadId: upload.id } });
  if (written === 'done') return awaited(ports, upload, context);
  if (written === 'refused') throw new RetryableError('This id is taken.');
  const { uploadId } = firstAnswer(written, known?.requestHash ?? '');
  const before = await rows.findUpload(caller.tenant, String(uploadId));
  if (!before) throw new NotFound('upload');
  return awaited(ports, before, context);
}

/** S3 signs no address for less. */
const minAddressSeconds = 1;

async function awaited({ files }: Ports, upload: Upload, { now }: Context) {
  const left = Math.ceil((Date.parse(upload.expiresAt) - Date.parse(now)) / 1000);
  return {
    upload_id: upload.id,
    owner_agent: upload.owner,
    bucket: files.bucket,
    object_path: keyOf(upload),
    upload_url: await files.putAddress(keyOf(upload), upload.bytes, Math.max(left, minAddressSeconds)),
    status: 'pending',
    expires_at: upload.expiresAt,
    max_size_bytes: maxMediaBytes,
  };
}

/** Reads what was uploaded, and puts it away where it is what was said. Throws NotFound, Conflict `upload_missing`, `media_mismatch`. */
export async function finalize(ports: Ports, caller: Uploader, asked: FinalizeUpload, context: Context) {
  const { rows, files } = ports;
  const before = await rows.findMedia(caller.tenant, asked.upload_id);
  if (before && mayFinish(before, caller)) return finalized(ports, agreed(before, asked));
  const upload = await rows.findUpload(caller.tenant, asked.upload_id);
  if (!upload || !mayFinish(upload, caller)) throw new NotFound('upload');
  const arrived = await files.arrived(keyOf(upload));
  if (arrived === 'missing') throw new Conflict('upload_missing', 'Nothing has been uploaded yet.');
  if (arrived === 'too large') throw mismatch('size_bytes');
  checkAgainst(upload, arrived);
  const { sha256 } = arrived;
  const bytes = arrived.bytes.length;
  agreed({ sha256, bytes }, asked);
  await files.keep(caller.tenant, arrived, upload.contentType);
  const { id, tenant, owner, name, contentType, createdAt, expiresAt, for: of } = upload;
  const media = { id, tenant, owner, name, contentType, bytes, sha256, createdAt, expiresAt, finalizedAt: context.now };
  return finalized(ports, await rows.putMedia({ ...media, ...(of ? { for: of } : {}) }));
}

const mismatch = (field: string): Conflict =>
  new Conflict('media_mismatch', 'What was uploaded is not what was said.', { field });

function checkAgainst(upload: Upload, { bytes, sha256, contentType }: Arrived): void {
  if (bytes.length !== upload.bytes) throw mismatch('size_bytes');
  if (upload.sha256 !== undefined && sha256 !== upload.sha256) throw mismatch('sha256');
  if (contentType !== undefined && contentType !== upload.contentType) throw mismatch('mime_type');
}

function agreed<Known extends { sha256: string; bytes: number }>(known: Known, asked: FinalizeUpload): Known {
  if (known.bytes !== asked.size_bytes) throw mismatch('size_bytes');
  if (asked.sha256 !== undefined && known.sha256 !== asked.sha256) throw mismatch('sha256');
  return known;
}

const finalized = ({ files }: Ports, media: StoredMedia) => ({
  upload_id: media.id,
  owner_agent: media.owner,
  bucket: files.bucket,
  object_path: mediaKey(media.tenant, media.sha256),
  mime_type: media.contentType,
  size_bytes: media.bytes,
  sha256: media.sha256,
  status: 'ready',
  finalized_at: media.finalizedAt,
});

/** A file, or what is awaited of it. Throws NotFound, also for another tenant's. */
export async function get({ rows, files }: Ports, caller: Uploader, id: string, { now }: Context) {
  const media = await rows.findMedia(caller.tenant, id);
  const found = media ?? (await rows.findUpload(caller.tenant, id));
  if (!found || !mayRead(found, caller)) throw new NotFound('media');
  const over = Date.parse(found.expiresAt) <= Date.parse(now);
  return {
    upload: {
      upload_id: found.id,
      owner_agent: found.owner,
      bucket: files.bucket,
      object_path: media ? mediaKey(media.tenant, media.sha256) : keyOf(found),
      mime_type: found.contentType,
      filename: found.name,
      size_bytes: found.bytes,
      sha256: found.sha256 ?? null,
      status: media ? 'ready' : over ? 'expired' : 'pending',
      created_at: found.createdAt,
      expires_at: found.expiresAt,
      finalized_at: media?.finalizedAt ?? null,
      download_url: media ? await files.getAddress(mediaKey(media.tenant, media.sha256), media.name) : null,
      preview_url: null,
    },
  };
}
