/**
 * A person attaches a file to their task. The file goes from the browser straight to S3; what S3 then redirects to is an
 * address without the place, so that S3 never learns a link: a cookie, that only this browser and these pages have, brings
 * the person back.
 */

import { type HttpEvent, type HttpResult, headerOf, queryOf } from '../../adapters/lambda/http.ts';
import { type Arrived, type MediaFiles, unknownType, uploadKey } from '../../adapters/media.ts';
import type { MediaRows } from '../../adapters/media-rows.ts';
import { Conflict, NotFound } from '../../core/errors.ts';
import { sha256 } from '../../core/hash.ts';
import type { Context } from '../../core/ports.ts';
import { lastOf } from '../../core/text.ts';
import { arrivedPage, choosePage, onPage, strayPage } from '../../pages/files.ts';
import { pageAnswer } from '../../pages/security.ts';
import { ownAddress } from '../../wire/addresses.ts';
import { uploadId } from '../../wire/media.ts';
import { leadTo } from '../inbox/form.ts';
import { isInInbox, isPlace, type Place } from './places.ts';

export interface Ports {
  rows: MediaRows;
  files: MediaFiles;
  baseUrl: string;
}

const cookie = '__Host-holdpoint-file';
const cookieSeconds = 3600;

/** Where S3 sends the browser on to; no place has this name. */
const backPath = '/files/back';

const selfOf = ({ name }: Place): string => `/files/${name}`;

/** Below this a person's own uploads for a task lie, and nobody else's. */
const prefixOf = ({ owner: { tenant, taskId, personId } }: Place): string =>
  uploadKey(tenant, taskId, sha256(personId));

/** The upload that a key of S3 names, if it is one of this place: its id and the file's name. */
function uploadIn(key: string, place: Place): { id: string; name: string } | undefined {
  const prefix = `${prefixOf(place)}/`;
  const [id = '', ...name] = key.startsWith(prefix) ? key.slice(prefix.length).split('/') : [];
  return uploadId.safeParse(id).success ? { id, name: lastOf(name.join('/'), 255) || 'file' } : undefined;
}

export function taskFiles({ rows, files, baseUrl }: Ports) {
  /** The form, or what has arrived of it; changes nothing. */
  async function show(event: HttpEvent, place: Place, context: Context): Promise<HttpResult> {
    const key = queryOf(event).get('key') || undefined;
    const upload = key === undefined ? undefined : uploadIn(key, place);
    if (key !== undefined && upload) {
      const arrived = await files.arrived(key);
      if (typeof arrived !== 'string') {
        const file = { name: upload.name, bytes: arrived.bytes.length, sha256: arrived.sha256 };
        const links = { self: selfOf(place), back: place.back };
        return pageAnswer(200, place.frame(arrivedPage(place.task, file, key, links)));
      }
    }
    return choose(place, context, key === undefined ? undefined : 'That file has not arrived. Try again.');
  }

  async function choose(place: Place, { newId }: Context, refused?: string) {
    const form = await files.form(`${prefixOf(place)}/${newId()}`, `${baseUrl}${backPath}`);
    const page = place.frame(choosePage(place.task, form, place.back, refused));
    const answer = pageAnswer(200, page, [new URL(form.url).origin]);
    const kept = `${cookie}=${place.name}; HttpOnly; Secure; SameSite=Lax; Path=/; Max-Age=${cookieSeconds}`;
    return { ...answer, headers: { ...answer.headers, 'set-cookie': kept } };
  }

  /**
   * From S3, back to the place that this browser came from. Browsers don't send the session's cookie, which is Strict, on a
   * way that began at another site: so to the inbox leads a page of ours, by itself.
   */
  function back(event: HttpEvent): HttpResult {
    const sent = [...(event.cookies ?? []), ...(headerOf(event, 'cookie') ?? '').split(/; */)];
    const name = sent.find((one) => one.startsWith(`${cookie}=`))?.slice(cookie.length + 1) ?? '';
    if (!isPlace(name)) return pageAnswer(200, strayPage());
    const to = `/files/${name}?${new URLSearchParams({ key: queryOf(event).get('key') ?? '' })}`;
    if (!isInInbox(name)) return leadTo(to);
    const answer = pageAnswer(200, onPage(to));
    return { ...answer, headers: { ...answer.headers, refresh: `0; url=${to}` } };
  }

  /** Puts the file away as it was shown. Throws NotFound, Conflict `media_mismatch`. */
  async function attach(form: URLSearchParams, place: Place, context: Context): Promise<HttpResult> {
    const key = form.get('key') ?? '';
    const upload = uploadIn(key, place);
    if (!upload) throw new NotFound('upload');
    const arrived = await files.arrived(key);
    if (typeof arrived === 'string') return choose(place, context, 'That file has not arrived. Try again.');
    if (arrived.sha256 !== form.get('sha256'))
      throw new Conflict('media_mismatch', 'The file has changed since it was shown.');
    const media = await put(place, upload, arrived, context);
    return leadTo(`${place.back}?${new URLSearchParams({ file: media.id })}`);
  }

  async function put({ owner }: Place, { id, name }: { id: string; name: string }, arrived: Arrived, { now }: Context) {
    const { tenant, taskId, personId } = owner;
    await files.keep(tenant, arrived, unknownType);
    return rows.putMedia({
      id,
      tenant,
      owner: ownAddress(tenant),
      name,
      sha256: arrived.sha256,
      bytes: arrived.bytes.length,
      contentType: unknownType,
      createdAt: now,
      expiresAt: now,
      finalizedAt: now,
      for: { taskId, personId },
    });
  }

  return { show, back, attach };
}
