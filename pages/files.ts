/** The pages on which a person attaches a file: works without JavaScript, posts to S3, shows nothing of the file but its name, size and hash. */

import type { PresignedPost } from '@aws-sdk/s3-presigned-post';
import { html } from 'hono/html';
import { type Media, maxMediaBytes } from '../core/evidence.ts';
import type { Task } from '../core/model.ts';
import { exactly, fingerprint, type Html, page } from './frame.ts';

const mebibytes = maxMediaBytes / 2 ** 20;

/** As people say it. */
const sizeOf = (bytes: number): string =>
  bytes < 1024
    ? `${bytes} bytes`
    : bytes < 2 ** 20
      ? `${Math.round(bytes / 1024)} KB`
      : `${(bytes / 2 ** 20).toFixed(1)} MB`;

/** A file as it is listed everywhere: never a picture, never opened. */
export const fileFacts = ({ name, bytes, sha256 }: Pick<Media, 'name' | 'bytes' | 'sha256'>): Html =>
  html`<dl><div><dt>File</dt><dd>${name}</dd></div><div><dt>Size</dt><dd>${sizeOf(bytes)}</dd></div></dl>${fingerprint('SHA-256', sha256)}`;

/** Step 1: the file goes to S3 by a form that S3 itself checks. */
export const choosePage = (task: Task, { url, fields }: PresignedPost, back: string, refused?: string): string =>
  page(html`
<h1>Attach a file</h1>
<p class="lead">${task.title}</p>
<section aria-labelledby="choose"><h2 id="choose">Choose the file</h2>
${refused === undefined ? '' : html`<p class="error" role="alert">${refused}</p>`}
<form method="post" action="${url}" enctype="multipart/form-data">
${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${exactly(value)}">`)}
<label class="field" for="file">File</label>
<p class="note">At most ${mebibytes} MB. Nothing is decided by this.</p>
<input id="file" type="file" name="file" required>
<p><button type="submit">Upload</button></p>
</form></section>
<p><a href="${back}">Back to the task</a></p>`);

/** Step 2: what has arrived, as it would be attached. */
export const arrivedPage = (
  task: Task,
  file: Pick<Media, 'name' | 'bytes' | 'sha256'>,
  key: string,
  links: { self: string; back: string },
): string =>
  page(html`
<h1>Attach this file?</h1>
<p class="lead">${task.title}</p>
<section aria-labelledby="arrived"><h2 id="arrived">What has arrived</h2>
${fileFacts(file)}
<form method="post" action="${links.self}">
<input type="hidden" name="key" value="${exactly(key)}"><input type="hidden" name="sha256" value="${exactly(file.sha256)}">
<p><button type="submit">Attach</button></p>
</form></section>
<p><a href="${links.self}">Choose another file</a></p><p><a href="${links.back}">Back to the task</a></p>`);

/** Leads on by itself; where that is switched off, by its link. */
export const onPage = (to: string): string =>
  page(html`<h1>The file has arrived</h1><section><p><a href="${to}">Go on</a></p></section>`);

/** The browser did not say where it came from. */
export const strayPage = (): string =>
  page(html`<h1>The file has arrived</h1>
<section><p>This browser keeps no cookies for this page, so it does not know which task the file is for. Allow them and upload it again, or give a text or an address instead.</p></section>`);

/** One page for every link that was never made, or that takes no file any more. */
export const unknownPage = (): string =>
  page(
    html`<h1>Nothing here</h1><section><p>No file can be attached here. Open the task again, by the link of its mail or in your <a href="/inbox">inbox</a>.</p></section>`,
  );

/** Nothing was attached. */
export const failurePage = (message: string): string =>
  page(
    html`<h1>Not attached</h1><section><p>${message}</p><p>Nothing was decided by this. Open the task again, by the link of its mail or in your <a href="/inbox">inbox</a>.</p></section>`,
  );
