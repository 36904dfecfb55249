/** The headers of every page, beside those of every answer. */

import { createHash } from 'node:crypto';
import type { HttpResult } from '../adapters/lambda/http.ts';
import { style } from './style.ts';

const styleHash = createHash('sha256').update(style).digest('base64');

const headers = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex, nofollow',
};

export const pageAnswer = (statusCode: number, body: string): HttpResult => ({ statusCode, headers, body });
