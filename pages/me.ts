/** A person's own page: when they are away, who stands in, and how they are told. */

import { html, raw } from 'hono/html';
import { type AbsenceGiven, isAway, localTime } from '../core/absence.ts';
import type { Directory, Person } from '../core/directory.ts';
import { exactly, type Html, page } from './frame.ts';
import { inInbox } from './nav.ts';
import { type Refused, refusedAt } from './refused.ts';
import { time, zoneOf } from './time.ts';
import { channelsForm, digestForm, type WishGiven } from './wishes.ts';

/** What the page's forms hold. */
export type Given = AbsenceGiven & WishGiven;

interface Shown {
  saved?: true;
  refused?: Refused & { given: Given };
  made?: MadeSession;
}

/** A session for a program, shown this once. `expiresAt`: ISO 8601, UTC. */
interface MadeSession {
  token: string;
  expiresAt: string;
}

export function mePage(
  person: Person,
  directory: Directory,
  now: string,
  { saved, refused, made }: Shown = {},
): string {
  const zone = zoneOf(person);
  const away = person.away && isAway(person.away, now) ? person.away : undefined;
  const nameOf = (id: string) => directory.everybody.find((one) => one.id === id)?.name ?? id;
  const body = html`<h1>About you</h1>
${saved ? html`<p role="status"><strong>Saved.</strong></p>` : ''}
<section aria-labelledby="now"><h2 id="now">Away</h2><p>${
    away
      ? html`From ${time(away.from, zone)} until ${time(away.until, zone)} you are away. ${
          away.delegate ? html`<strong>${nameOf(away.delegate)}</strong> stands in.` : 'Nobody stands in.'
        }`
      : 'You are not away.'
  }</p>${
    away
      ? html`<form method="post" action="/inbox/me"><input type="hidden" name="do" value="back"><p class="more"><button type="submit" class="second">I am back</button></p></form>`
      : ''
  }</section>
${form(person, directory, zone, refused)}
${channelsForm(person, refused)}
${digestForm(person, directory.calendar, refused)}
${programs(zone, made)}`;
  return inInbox(page(body), person, '/inbox/me');
}

function form(person: Person, directory: Directory, zone: string, refused: Shown['refused']): Html {
  const { away } = person;
  const given = refused?.given ?? {
    from: away ? localTime(away.from, zone) : '',
    until: away ? localTime(away.until, zone) : '',
    delegate: away?.delegate ?? '',
  };
  const others = directory.everybody.filter(({ id }) => id !== person.id);
  const at = (field: 'from' | 'until', label: string) => {
    const { error, marks, describedBy } = refusedAt(refused, field);
    return html`<label class="field" for="${field}">${label}</label>${error}
<input type="datetime-local" id="${field}" name="${field}" value="${exactly(given[field])}" required ${marks} ${describedBy()}>`;
  };
  const delegate = refusedAt(refused, 'delegate');
  return html`<section aria-labelledby="next"><h2 id="next">Say when you are away</h2>
<form method="post" action="/inbox/me" autocomplete="off">
<p class="note">Times are those of ${zone}.</p>
${at('from', 'From')}${at('until', 'Until')}
<label class="field" for="delegate">Who stands in</label>
<p class="note" id="help">Tasks that would come to you go to them, where they may decide them.</p>${delegate.error}
<select id="delegate" name="delegate" ${delegate.describedBy('help')} ${delegate.marks}><option value="">Nobody</option>${others.map(
    ({ id, name }) =>
      html`<option value="${exactly(id)}" ${raw(id === given.delegate ? 'selected' : '')}>${name}</option>`,
  )}</select>
<p><button type="submit">Save</button></p></form></section>`;
}

/** Whoever signs in by an issuer has no other way to a session for the command line. */
const programs = (zone: string, made: MadeSession | undefined): Html =>
  html`<section aria-labelledby="programs"><h2 id="programs">For programs</h2>${
    made
      ? html`<p role="status"><strong>Copy it now: it is not shown again.</strong></p>
<label class="field" for="token">Your session</label>
<p class="note" id="token-help">Sent as <code>Authorization: Bearer</code>, good until ${time(made.expiresAt, zone)}. Whoever has it decides as you.</p>
<input id="token" value="${exactly(made.token)}" readonly autofocus aria-describedby="token-help">`
      : html`<form method="post" action="/inbox/me"><input type="hidden" name="do" value="session">
<p class="note">A program that acts for you, such as the command line, sends a session of yours. It ends when this sign-in would, or when an administrator revokes what you hold; signing out here does not end it.</p>
<p><button type="submit" class="second">Make a session</button></p></form>`
  }</section>`;
