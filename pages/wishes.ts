/** How a person wants to be told: by which of the channels that are set up for them, and low priority once a day. */

import { html, raw } from 'hono/html';
import type { Calendar } from '../core/calendar.ts';
import { channelsOf, nameOf, offeredTo } from '../core/channels.ts';
import { defaultDigestAt, digestZone } from '../core/digest.ts';
import type { Channel, Person } from '../core/directory.ts';
import { exactly, type Html } from './frame.ts';
import { type Refused, refusedAt } from './refused.ts';

/** What the two forms hold. */
export interface WishGiven {
  /** Names of channels. */
  channels: string[];
  /** `at`: a time as the form's field has it. */
  digest: { wanted: boolean; at: string };
}

type WishRefused = (Refused & { given: WishGiven }) | undefined;

function words(channel: Channel, { mail }: Person): string {
  if (channel.by === 'mail') return `Mail to ${mail}`;
  if (channel.by === 'slack') return `Slack, a direct message to ${channel.member}`;
  return `${channel.by === 'teams' ? 'Teams' : 'Slack'}, by the webhook ${channel.webhook}`;
}

export function channelsForm(person: Person, refused: WishRefused): Html {
  const { error, describedBy, marks } = refusedAt(refused, 'channel');
  const offered = offeredTo(person);
  const chosen = refused?.field === 'channel' ? refused.given.channels : channelsOf(person).map(nameOf);
  const box = (channel: Channel, i: number) =>
    html`<label class="choice"><input type="checkbox" name="channel" value="${exactly(nameOf(channel))}" ${raw(
      chosen.includes(nameOf(channel)) ? 'checked' : '',
    )} ${i === 0 ? marks : ''} ${i === 0 ? describedBy() : ''}> <span>${words(channel, person)}</span></label>`;
  return html`<section aria-labelledby="channels"><h2 id="channels">How you are told</h2>
<form method="post" action="/inbox/me" autocomplete="off"><input type="hidden" name="do" value="channels">
<p class="note" id="channels-help">${
    offered.length === 1
      ? 'By mail. An administrator can set up Slack or Teams for you, to choose from here.'
      : 'Choose one or more. What a chat does not take is mailed, whatever you choose. Codes and daily digests come by mail only.'
  }</p>${error}
<fieldset aria-labelledby="channels" aria-describedby="channels-help">${offered.map(box)}</fieldset>
<p><button type="submit">Save how you are told</button></p></form></section>`;
}

const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

export function digestForm(person: Person, calendar: Calendar, refused: WishRefused): Html {
  const { error, describedBy, marks } = refusedAt(refused, 'at');
  const { digest, hours } = person;
  const now = { wanted: digest !== undefined && !digest.off, at: digest?.at ?? defaultDigestAt };
  const given = refused?.field === 'at' ? refused.given.digest : now;
  const days = hours?.days.map((day) => weekdays[day - 1]).join(', ');
  return html`<section aria-labelledby="digest"><h2 id="digest">Low priority once a day</h2>
<form method="post" action="/inbox/me" autocomplete="off"><input type="hidden" name="do" value="digest">
<p class="note" id="digest-help">One mail a day then lists your tasks of low priority, with a link for each. What can not wait for it is mailed at once.</p>
<fieldset aria-labelledby="digest" aria-describedby="digest-help"><label class="choice"><input type="checkbox" name="digest" value="yes" ${raw(
    given.wanted ? 'checked' : '',
  )}> <span>One mail a day</span></label></fieldset>
<label class="field" for="at">At</label>
<p class="note" id="at-help">The time is that of ${digestZone(person, calendar)}${
    days === undefined ? '' : `, on your working days: ${days}`
  }.</p>${error}
<input type="time" id="at" name="at" value="${exactly(given.at)}" required ${describedBy('at-help')} ${marks}>
<p><button type="submit">Save the daily mail</button></p></form></section>`;
}
