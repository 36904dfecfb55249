/** Files in S3: uploaded by a signed form or address, read back and checked, and put away under their own hash. */

import { createHash } from 'node:crypto';
import {
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
  type S3ServiceException,
} from '@aws-sdk/client-s3';
import { createPresignedPost, type PresignedPost } from '@aws-sdk/s3-presigned-post';
import { maxMediaBytes } from '../core/evidence.ts';
import { sha256 } from '../core/hash.ts';
import type { IntentRef } from '../core/model.ts';

/** How long an upload may take to begin, seconds; a role's own credentials may end sooner. */
export const uploadSeconds = 3600;
/** How long an address to read a file is good, seconds. */
const downloadSeconds = 300;

/** What a browser's form can't know, and nobody is told otherwise: no file is ever shown, only saved. */
export const unknownType = 'application/octet-stream';

/** What S3 notes where an upload says no type. */
const unsaid = new Set([unknownType, 'binary/octet-stream', '']);

/** A file as it arrived: its bytes, and what S3 was told of them. */
export interface Arrived {
  bytes: Uint8Array;
  sha256: string;
  /** Undefined where the upload said none. */
  contentType: string | undefined;
}

export type MediaFiles = ReturnType<typeof mediaFiles>;

/** Uploads lie apart for each tenant; its name is not told to whoever sees a key. */
export const uploadKey = (tenant: string, ...parts: string[]): string =>
  ['uploads', sha256(tenant), ...parts].join('/');

/** The same file of a tenant lies there once. */
export const mediaKey = (tenant: string, hash: string): string => `media/${sha256(tenant)}/${hash}`;

/** What agents leave with an intent lies apart, since it goes by itself. */
const stateKey = ({ tenant, intentId }: IntentRef, hash: string): string =>
  `resume-state/${sha256(tenant)}/${intentId}/${hash}`;

export function mediaFiles(s3: S3Client, bucket: string) {
  return {
    bucket,

    /** A form that posts one file below `prefix`, under its own name; then the browser goes on to `redirect`. */
    form: (prefix: string, redirect: string): Promise<PresignedPost> =>
      createPresignedPost(s3, {
        Bucket: bucket,
        // S3 puts the file's name there.
        Key: `${prefix}/\${filename}`,
        Fields: { 'Content-Type': unknownType, success_action_redirect: redirect },
        Conditions: [['content-length-range', 1, maxMediaBytes]],
        Expires: uploadSeconds,
      }),

    /** An address that takes one PUT of exactly this many bytes. */
    putAddress: (key: string, bytes: number, seconds: number): Promise<string> =>
      presigned('PUT', key, seconds, {}, { 'content-length': String(bytes) }),

    /** An address that gives a file to be saved, never to be shown. */
    getAddress: (key: string, name: string): Promise<string> =>
      presigned('GET', key, downloadSeconds, {
        'response-content-disposition': `attachment; filename*=UTF-8''${encoded(name)}`,
        'response-content-type': unknownType,
      }),

    /** An upload, if it has arrived and is not too large. */
    async arrived(key: string): Promise<Arrived | 'missing' | 'too large'> {
      try {
        const {
          Body,
          ContentLength = 0,
          ContentType = '',
        } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        if (!Body || ContentLength > maxMediaBytes) return Body ? 'too large' : 'missing';
        const bytes = await Body.transformToByteArray();
        const hash = createHash('sha256').update(bytes).digest('hex');
        return { bytes, sha256: hash, contentType: unsaid.has(ContentType) ? undefined : ContentType };
      } catch (error) {
        // Without the right to list a bucket, S3 says AccessDenied of what is not there.
        if (error instanceof NoSuchKey || (error as S3ServiceException).name === 'AccessDenied') return 'missing';
        throw error;
      }
    },

    /** Puts away what an agent leaves with an intent, by its hash. */
    keepState: (ref: IntentRef, hash: string, bytes: Uint8Array): Promise<void> =>
      putOnce(stateKey(ref, hash), bytes, hash, unknownType),

    /** That again, where it is there still. */
    async stateOf(ref: IntentRef, hash: string): Promise<Buffer | undefined> {
      const arrived = await this.arrived(stateKey(ref, hash));
      return typeof arrived === 'string' ? undefined : Buffer.from(arrived.bytes);
    },

    /** Puts those very bytes away: what was uploaded could be uploaded again in the meantime. */
    keep: (tenant: string, { bytes, sha256: hash }: Arrived, contentType: string): Promise<void> =>
      putOnce(mediaKey(tenant, hash), bytes, hash, contentType),
  };

  async function putOnce(key: string, bytes: Uint8Array, hash: string, contentType: string): Promise<void> {
    try {
      await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: bytes,
          ContentType: contentType,
          ContentDisposition: 'attachment',
          ChecksumSHA256: Buffer.from(hash, 'hex').toString('base64'),
          IfNoneMatch: '*',
        }),
      );
    } catch (error) {
      if ((error as S3ServiceException).name !== 'PreconditionFailed') throw error;
    }
  }

  /** Signed in the query, for somebody without rights of their own. */
  async function presigned(
    method: 'GET' | 'PUT',
    key: string,
    expiresIn: number,
    query: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<string> {
    const { url } = await createPresignedPost(s3, { Bucket: bucket, Key: key });
    const at = new URL(url.endsWith('/') ? key : `${url.slice(url.lastIndexOf('/') + 1)}/${key}`, url);
    const request = {
      method,
      protocol: at.protocol,
      hostname: at.hostname,
      ...(at.port === '' ? {} : { port: Number(at.port) }),
      path: at.pathname,
      query,
      // S3 signs no body in an address.
      headers: { host: at.host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', ...headers },
    };
    const signer = (await s3.config.signer()) as unknown as Presigner;
    const signed = await signer.presign(request, {
      expiresIn,
      signingService: 's3',
      signingRegion: await s3.config.region(),
      signableHeaders: new Set(['host', ...Object.keys(headers)]),
    });
    for (const [name, value] of Object.entries(signed.query)) at.searchParams.set(name, String(value));
    at.search = at.search.replaceAll('+', '%20');
    return at.href;
  }
}

/** What the client's signer can, which its type does not say. */
interface Presigner {
  presign(request: object, options: object): Promise<{ query: Record<string, string> }>;
}

/** RFC 8187. */
const encoded = (name: string): string =>
  encodeURIComponent(name.toWellFormed()).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
