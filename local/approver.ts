/** What an approver's browser does with a link: opens the page, and posts its form. */

import type { Mail } from './mailbox.ts';
import { until } from './until.ts';

/** What a page asks to decide on; empty where it asks nothing. */
export const subjectHashIn = (page: string): string =>
  /name="subject_hash" value="([0-9a-f]{64})"/.exec(page)?.[1] ?? '';

export async function post(
  link: string,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<{ status: number; page: string }> {
  const response = await fetch(link, { method: 'POST', body: new URLSearchParams(form), headers });
  return { status: response.status, page: await response.text() };
}

/** All mails so far, oldest first. */
type Mails = () => Promise<readonly Mail[]>;

/** The digits of a mail that holds a code. */
export const codeIn = (mail: Mail | undefined): string | undefined =>
  /^Your code: (\d{8})$/m.exec(mail?.text ?? '')?.[1];

/** Does what has a code mailed, and reads it there: the first that comes to `to` then. */
export async function mailedCode(mails: Mails, to: string, ask: () => Promise<unknown>): Promise<string> {
  const codes = async () =>
    (await mails()).filter((mail) => mail.to.includes(to)).flatMap((mail) => codeIn(mail) ?? []);
  const before = (await codes()).length;
  await ask();
  return until(`a code is mailed to ${to}`, patienceSeconds, async () => (await codes())[before]);
}

const patienceSeconds = 60;

/** Signs a person in with a mailed code; gives the session's cookie. `baseUrl`: where our pages are. */
export async function signIn(mails: Mails, baseUrl: string, mail: string): Promise<string> {
  const send = (path: string, form: Record<string, string>) =>
    fetch(`${baseUrl}/inbox/sign-in${path}`, {
      method: 'POST',
      body: new URLSearchParams(form),
      headers: { origin: new URL(baseUrl).origin },
      redirect: 'manual',
    });
  let begun = '';
  const code = await mailedCode(mails, mail, async () => {
    begun = await (await send('', { mail })).text();
  });
  const sign_in = /name="sign_in" value="([^"]+)"/.exec(begun)?.[1] ?? '';
  const { headers, status } = await send('/code', { sign_in, mail, code });
  const cookie = headers.get('set-cookie')?.split(';')[0];
  if (cookie === undefined) throw new Error(`not signed in: ${status}`);
  return cookie;
}

/** To whom the link of this page was mailed. */
const readerOf = (page: string): string => /the link sent to [^<]*?([^\s<,]+@[^\s<,]*[^\s<,.])/.exec(page)?.[1] ?? '';

/** Opens the link, reads what is asked and posts a decision, as the page's form does; with a code where the page has a field for it. */
export async function decide(mails: Mails, link: string, outcome = 'approved', comment = 'Fine.') {
  const page = await (await fetch(link)).text();
  const form = { subject_hash: subjectHashIn(page), outcome, comment };
  if (!/name="code"/.test(page)) return post(link, form);
  const code = await mailedCode(mails, readerOf(page), () => post(link, { ...form, action: 'code' }));
  return post(link, { ...form, code });
}
