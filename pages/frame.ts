/** What every page shares: the frame, and how times, labels, an agent's words and hashes are shown. */

import { html, raw } from 'hono/html';
import { type Change, shortHash } from '../core/plan.ts';
import { visible } from '../core/visible.ts';
import { style } from './style.ts';

export type Html = ReturnType<typeof html>;

const rawStyle = raw(`<style>${style}</style>`);

const brand = '<p class="brand">Holdpoint</p>';

/** The same page with a way around in place of the name. */
export const withNav = (whole: string, nav: Html): string => whole.replace(brand, () => visible(String(nav)));

const end = '</main></body>';

/** The same page with more at its end. */
export const withMore = (whole: string, more: Html): string =>
  whole.replace(end, () => `${visible(String(more))}${end}`);

/** Nothing of the task stands in the title: chat previews and histories show titles. What hides or turns text is named. */
export const page = (body: Html): string =>
  visible(
    String(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Holdpoint</title>
${rawStyle}
</head>
<body><main>${raw(brand)}${body}${raw(end)}
</html>`),
  );

/** `order_id` → `Order id`: a label, where the exact name doesn't matter. */
export const labelOf = (key: string): string => {
  const words = key.replaceAll('_', ' ');
  return words.slice(0, 1).toUpperCase() + words.slice(1);
};

/**
 * Text for a field's value, exactly as it is: what a browser sends back is compared with what was offered, and what a person
 * wrote is theirs. Beyond ASCII it is written as references, which `visible` leaves alone; controls stay for it to name.
 */
export const exactly = (text: string): Html =>
  raw(
    text.replace(/[&<>"']|(?!\p{Cc})\P{ASCII}/gu, (character) => `&#${character.codePointAt(0)};`),
  ) as unknown as Html;

/** One space a level: with more, the page of the deepest payload would be larger than an answer can be. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value, null, 1));

/** Text of an agent, set apart from ours. */
export const said = (label: string, text: string): Html =>
  html`<div class="said"><dt>${label}</dt><dd class="quote">${text}</dd></div>`;

/** The whole hash; its first characters, which the mail shows, stand out. */
export const fingerprint = (of: string, hash: string): Html =>
  html`<p class="note">${of} <code><strong>${shortHash(hash)}</strong>${hash.slice(shortHash(hash).length)}</code></p>`;

/** What is and what will be, line by line; what changes stands out. */
export const changesTable = (changes: readonly Change[]): Html =>
  html`<table>
<thead><tr><td></td><th scope="col">Before</th><th scope="col">After</th></tr></thead>
<tbody>${changes.map(
    ({ what, before, after }) => html`<tr class="${before === after ? 'same' : 'changed'}"><th scope="row">${what}</th>
<td data-when="Before">${before}</td><td data-when="After">${after}</td></tr>`,
  )}</tbody></table>`;
