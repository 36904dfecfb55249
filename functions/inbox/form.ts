/** What the pages behind a sign-in share: forms of our own only, and answers that lead on. */

import { bodyOf, type HttpEvent, type HttpResult } from '../../adapters/lambda/http.ts';
import { isOwnForm } from '../../adapters/lambda/session.ts';
import { PolicyDenied } from '../../core/errors.ts';
import { pageAnswer } from '../../pages/security.ts';

/** Far more than an address, a code and an id take. */
const maxFormBytes = 4096;

/** The fields of a form that a page of ours sent; a field that comes twice is not taken for either of the two. Throws PolicyDenied. */
export function fieldsOf(event: HttpEvent, baseUrl: string, limit = maxFormBytes): (name: string) => string {
  if (!isOwnForm(event, baseUrl)) throw new PolicyDenied('This form was not sent by a page of ours.');
  const form = new URLSearchParams(bodyOf(event, limit));
  return (name) => form.getAll(name).join('\n');
}

/** Leads on to a page of ours. */
export const leadTo = (path: string, cookies: string[] = []): HttpResult => ({
  ...pageAnswer(303, ''),
  headers: { ...pageAnswer(303, '').headers, location: path },
  cookies,
});
