/** The way around the inbox's pages. */

import { html, raw } from 'hono/html';
import type { Person } from '../core/directory.ts';
import { type Html, withNav } from './frame.ts';
import { signOutForm } from './sign-in.ts';

export const signInPath = '/inbox/sign-in';

const places = [
  ['/inbox', 'Inbox'],
  ['/inbox/done', 'Decided'],
  ['/inbox/me', 'About you'],
] as const;

/** `here`: the address of the page, where it is one of these. */
const nav = ({ name }: Person, here?: string): Html =>
  html`<nav class="nav" aria-label="Inbox">${places.map(
    ([path, label]) => html`<a href="${path}" ${path === here ? raw('aria-current="page"') : ''}>${label}</a>`,
  )}<span>${name}</span>${signOutForm}</nav>`;

/** A whole page, as one of the inbox. */
export const inInbox = (whole: string, person: Person, here?: string): string => withNav(whole, nav(person, here));
