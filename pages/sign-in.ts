/** Pages for signing in: mail address, code, and what a browser sees that is signed in. */

import { html, raw } from 'hono/html';
import type { Person } from '../core/directory.ts';
import { codeButton, codeField } from './code.ts';
import { exactly, page } from './frame.ts';

interface Begun {
  mail?: string;
  refused?: string;
  /** Who else signs people in; empty where nobody does. */
  issuer: string;
}

export const signInPage = ({ mail = '', refused, issuer }: Begun): string =>
  page(html`<h1>Sign in</h1>
${issuer === '' ? '' : html`<section><p><a href="/inbox/sign-in/issuer">Sign in with ${issuer.replace(/^https?:\/\//, '')}</a></p></section>`}
<section><form method="post" action="/inbox/sign-in">
<label class="field" for="mail">Your mail address</label>
<p class="note" id="help">You are mailed a code, if you are one of those who decide here.</p>
${refused === undefined ? '' : html`<p class="error" id="refused" role="alert">${refused}</p>`}
<input type="email" id="mail" name="mail" autocomplete="email" required value="${exactly(mail)}" aria-describedby="help${
    refused === undefined ? '' : ' refused'
  }" ${refused === undefined ? '' : raw('autofocus aria-invalid="true"')}>
<p><button type="submit">Send me a code</button></p>
</form></section>`);

/** Says the same to everybody, whether a code was mailed or not. */
export const codePage = ({ mail, signIn, refused }: { mail: string; signIn: string; refused?: string }): string =>
  page(html`<h1>Enter the code</h1>
<section><p>If <strong>${mail}</strong> is known here, a code is on its way to it.</p>
<form method="post" action="/inbox/sign-in/code" autocomplete="off">
<input type="hidden" name="sign_in" value="${exactly(signIn)}"><input type="hidden" name="mail" value="${exactly(mail)}">
${codeField({ refused })}
<p><button type="submit">Sign in</button></p>
${codeButton({ sentTo: mail })}
</form></section>
<p class="note"><a href="/inbox/sign-in">Another mail address</a></p>`);

/** Leads on by itself; where that is switched off, by its link. */
export const welcomePage = ({ name }: Person): string =>
  page(
    html`<h1>Signed in</h1><section><p>You are <strong>${name}</strong>. <a href="/inbox">To your tasks</a></p></section>`,
  );

export const signOutForm = html`<form method="post" action="/inbox/sign-out"><p><button type="submit" class="second">Sign out</button></p></form>`;
