/** The timeline of an intent: the same for approvers, the requester, and whoever looks later. */

import { html } from 'hono/html';
import type { Moment } from '../core/timeline.ts';
import type { Html } from './frame.ts';
import { time } from './time.ts';

/** A timeline of more is nothing that a person reads. */
export const maxEventsShown = 200;

/** Names, ids and words in it are text, whoever chose them. */
export const timeline = (moments: readonly Moment[], zone: string): Html | string =>
  moments.length === 0
    ? ''
    : html`<section aria-labelledby="so-far"><h2 id="so-far">What happened so far</h2>
<ol class="timeline">${moments.map((moment) => entry(moment, zone))}</ol></section>`;

const entry = ({ at, label, says, via, quote, told }: Moment, zone: string): Html =>
  html`<li><p><strong>${label}</strong> <time datetime="${at}">${time(at, zone)}</time></p>
${says.length === 0 ? '' : html`<p>${says.join(' ')}</p>`}${via === undefined ? '' : html`<p class="note">Known by: ${via}</p>`}${quote === undefined ? '' : html`<p class="quote">${quote}</p>`}
${(told ?? []).map((one) => html`<p class="note">Told by ${one.by.join(', ')}${one.digest ? ' in a daily digest' : ''}: ${one.name}, ${time(one.at, zone)}</p>`)}</li>`;

/** Says once for a page in which zone its times are; each time says UTC by itself. */
export const zoneNote = (zone: string): Html | string =>
  zone === 'UTC' ? '' : html`<p class="note">Times are those of ${zone.replaceAll('_', ' ')}.</p>`;
