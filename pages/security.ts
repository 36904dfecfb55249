/** The headers of every page, beside those of every answer. */

import { createHash } from 'node:crypto';
import type { HttpResult } from '../adapters/lambda/http.ts';
import { style } from './style.ts';

const styleHash = createHash('sha256').update(style).digest('base64');

/** `formsTo`: further origins that this page's forms may post to. */
const headers = (formsTo: readonly string[]) => ({
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action ${["'self'", ...formsTo].join(' ')}; frame-ancestors 'none'; base-uri 'none'`,
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex, nofollow',
});

export const pageAnswer = (statusCode: number, body: string, formsTo: readonly string[] = []): HttpResult => ({
  statusCode,
  headers: headers(formsTo),
  body,
});
