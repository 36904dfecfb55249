/**
 * A person attaches a file to the task that a link opens. The file goes from the browser straight to S3; what S3 then
 * redirects to is an address without the link's secret, so that S3 never learns it: a cookie, that only this browser and
 * these pages have, brings the person back.
 */

import { type HttpEvent, type HttpResult, headerOf } from '../../adapters/lambda/http.ts';
import { type Arrived, type MediaFiles, unknownType, uploadKey } from '../../adapters/media.ts';
import type { MediaRows } from '../../adapters/media-rows.ts';
import type { Directory } from '../../core/directory.ts';
import { Conflict, NotFound, PolicyDenied } from '../../core/errors.ts';
import { sha256 } from '../../core/hash.ts';
import type { Link, Task } from '../../core/model.ts';
import type { Context, Store } from '../../core/ports.ts';
import { deciding, linkState } from '../../core/rules/decide.ts';
import { arrivedPage, choosePage, strayPage } from '../../pages/files.ts';
import { pageAnswer } from '../../pages/security.ts';
import { uploadId } from '../../wire/media.ts';

export interface Ports {
  store: Store;
  people: () => Promise<Directory>;
  rows: MediaRows;
  files: MediaFiles;
  baseUrl: string;
}

const cookie = '__Host-holdpoint-file';
const cookieSeconds = 3600;
const secretShape = /^[A-Za-z0-9_-]{43}$/;

/** Where S3 sends the browser on to; no link's secret has this form. */
const backPath = '/files/back';

const secretOf = (event: HttpEvent): string => event.rawPath.slice('/files/'.length);
const pathsOf = (secret: string) => ({ self: `/files/${secret}`, back: `/a/${secret}` });

/** The open task behind a link, where it takes a file and the link still decides it. Throws NotFound. */
async function taskOf({ store, people }: Ports, secret: string, now: string): Promise<{ link: Link; task: Task }> {
  const [link, directory] = await Promise.all([store.findLink(sha256(secret)), people()]);
  const state = link && (await store.load(link));
  const task = state?.task;
  if (
    !link ||
    !state ||
    !task ||
    task.taskId !== link.taskId ||
    task.evidenceRequired === undefined ||
    linkState(link, now) !== 'live'
  )
    throw new NotFound('link');
  try {
    deciding({ ...state, task }, { who: link.personId, link }, directory, now);
  } catch (error) {
    if (error instanceof PolicyDenied || error instanceof Conflict) throw new NotFound('link');
    throw error;
  }
  return { link, task };
}

/** Below this a link's own uploads lie, and nobody else's. */
const prefixOf = ({ tenant, taskId, personId }: Link): string => uploadKey(tenant, taskId, sha256(personId));

const redirect = (to: string): HttpResult => {
  const answer = pageAnswer(303, '');
  return { ...answer, headers: { ...answer.headers, location: to } };
};

/** The upload that a key of S3 names, if it is one of this link's: its id and the file's name. */
function uploadIn(key: string, link: Link): { id: string; name: string } | undefined {
  const [id = '', ...name] = key.startsWith(`${prefixOf(link)}/`)
    ? key.slice(prefixOf(link).length + 1).split('/')
    : [];
  return uploadId.safeParse(id).success ? { id, name: name.join('/').slice(-255) || 'file' } : undefined;
}

export function taskFiles(ports: Ports) {
  const { rows, files, baseUrl } = ports;

  /** The form, or what has arrived of it; changes nothing. */
  async function show(event: HttpEvent, context: Context): Promise<HttpResult> {
    const secret = secretOf(event);
    const { link, task } = await taskOf(ports, secret, context.now);
    const key = event.queryStringParameters?.key;
    const upload = key === undefined ? undefined : uploadIn(key, link);
    if (key !== undefined && upload) {
      const arrived = await files.arrived(key);
      if (typeof arrived !== 'string') {
        const file = { name: upload.name, bytes: arrived.bytes.length, sha256: arrived.sha256 };
        return pageAnswer(200, arrivedPage(task, file, key, pathsOf(secret)));
      }
    }
    const refused = key === undefined ? undefined : 'That file has not arrived. Try again.';
    return choose(secret, link, task, context, refused);
  }

  async function choose(secret: string, link: Link, task: Task, { newId }: Context, refused?: string) {
    const form = await files.form(`${prefixOf(link)}/${newId()}`, `${baseUrl}${backPath}`);
    const answer = pageAnswer(200, choosePage(task, form, pathsOf(secret).back, refused), [new URL(form.url).origin]);
    const kept = `${cookie}=${secret}; HttpOnly; Secure; SameSite=Lax; Path=/; Max-Age=${cookieSeconds}`;
    return { ...answer, headers: { ...answer.headers, 'set-cookie': kept } };
  }

  /** From S3, back to the page of the link that this browser came from. */
  function back(event: HttpEvent): HttpResult {
    const sent = [...(event.cookies ?? []), ...(headerOf(event, 'cookie') ?? '').split(/; */)];
    const secret = sent.find((one) => one.startsWith(`${cookie}=`))?.slice(cookie.length + 1) ?? '';
    const key = event.queryStringParameters?.key ?? '';
    if (!secretShape.test(secret)) return pageAnswer(200, strayPage());
    return redirect(`${pathsOf(secret).self}?${new URLSearchParams({ key })}`);
  }

  /** Puts the file away as it was shown. Throws NotFound, Conflict `media_mismatch`. */
  async function attach(event: HttpEvent, form: URLSearchParams, context: Context): Promise<HttpResult> {
    const secret = secretOf(event);
    const { link, task } = await taskOf(ports, secret, context.now);
    const key = form.get('key') ?? '';
    const upload = uploadIn(key, link);
    if (!upload) throw new NotFound('upload');
    const arrived = await files.arrived(key);
    if (typeof arrived === 'string')
      return choose(secret, link, task, context, 'That file has not arrived. Try again.');
    if (arrived.sha256 !== form.get('sha256'))
      throw new Conflict('media_mismatch', 'The file has changed since it was shown.');
    const media = await put(link, upload, arrived, context);
    return redirect(`${pathsOf(secret).back}?${new URLSearchParams({ file: media.id })}`);
  }

  async function put(link: Link, { id, name }: { id: string; name: string }, arrived: Arrived, { now }: Context) {
    const { tenant, taskId, personId } = link;
    await files.keep(tenant, arrived, unknownType);
    return rows.putMedia({
      id,
      tenant,
      owner: `agent://${tenant}/holdpoint`,
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
