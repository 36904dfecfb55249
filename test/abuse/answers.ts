/** What every answer must be, whatever was asked. Each check gives its complaints as sentences. */

import { routeOf } from '../../wire/routes.ts';
import { faultsOfAnswer, plain } from '../wire/contract.ts';
import type { Sent } from './requests.ts';

export interface Answer {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
}

const statuses: Record<number, string[]> = {
  401: ['missing_platform_api_key', 'invalid_platform_api_key', 'missing_actor_token', 'invalid_actor_token'],
  404: ['not_found'],
  405: ['method_not_allowed'],
  403: ['policy_denied'],
  409: ['idempotency_conflict', 'not_waiting_for_agent', 'intent_terminal', 'stale_generation'],
  413: ['payload_too_large'],
  422: ['schema_invalid'],
};

/** What would tell how we are built. */
const inside =
  /node_modules|\/var\/task|file:\/\/|\.(ts|js|mjs):\d|\bat [\w.<>]+ \(|arn:aws|ZodError|TypeError|RangeError|SyntaxError|DynamoDB|ConditionalCheck|ValidationException|invalid_type|_TABLE|AccessDenied/;

const always: Record<string, string> = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'strict-transport-security': 'max-age=31536000',
};

const missing = (headers: Record<string, string>, wanted: Record<string, string>): string[] =>
  Object.entries(wanted)
    .filter(([name, value]) => headers[name] !== value)
    .map(([name]) => `${name} is ${headers[name]}`);

/** Whether an answer took what was asked. */
export const taken = ({ status }: Answer): boolean => status >= 200 && status < 300;

/** Complaints about an answer of the API. */
export function faultsOfApi(sent: Sent, answer: Answer): string[] {
  const faults = missing(answer.headers, always);
  const headOnly = sent.method === 'HEAD';
  if (answer.status >= 500) faults.push(`status ${answer.status}`);
  if (!headOnly) faults.push(...faultsOfAnswer(answered(sent, answer)));
  if (!headOnly && inside.test(answer.body)) faults.push(`tells of its inside: ${inside.exec(answer.body)?.[0]}`);
  if (taken(answer)) return [...faults, ...(headOnly ? [] : faultsOfTaken(sent))];
  if (answer.status in statuses === false) faults.push(`no documented status: ${answer.status}`);
  return headOnly ? faults : [...faults, ...faultsOfRefusal(sent, answer)];
}

const answered = ({ method, path }: Sent, { status, headers, body }: Answer) => ({
  method,
  path,
  status,
  type: headers['content-type'] ?? '',
  text: body,
});

function faultsOfTaken(sent: Sent): string[] {
  const faults: string[] = [];
  const method = sent.method === 'HEAD' ? 'GET' : sent.method;
  const isOpen = routeOf(method, plain(sent.path))?.auth === 'none';
  if (!sent.authorized && !isOpen) faults.push('taken without a good key');
  if (sent.body?.mustBeRefused && sent.method === 'POST') faults.push('taken, though it must be refused');
  return faults;
}

function faultsOfRefusal(sent: Sent, { status, headers, body }: Answer): string[] {
  const problem = sent.headers.some(([name, value]) => name === 'accept' && value.includes('application/problem+json'));
  const faults: string[] = [];
  const type = problem ? 'application/problem+json; charset=utf-8' : 'application/json; charset=utf-8';
  if (headers['content-type'] !== type) faults.push(`content-type is ${headers['content-type']}`);
  let told: Record<string, unknown>;
  try {
    told = JSON.parse(body) as Record<string, unknown>;
  } catch {
    return [...faults, 'the body is not JSON'];
  }
  const error = told.error as Record<string, unknown> | undefined;
  const { code, message } = told;
  if (!error || error.code !== code || error.message !== message || told.detail !== message)
    faults.push('code and message differ between the two forms of the error');
  if (!statuses[status]?.includes(String(code))) faults.push(`code ${code} with status ${status}`);
  if (!error || !['auth', 'policy', 'validation'].includes(String(error.category)) || error.retryable !== false)
    faults.push('category or retryable is wrong');
  if (problem && (told.status !== status || !String(told.type).startsWith('urn:holdpoint:error:')))
    faults.push('RFC 9457’s members are missing');
  if (body.length > 16_384) faults.push(`a refusal of ${body.length} characters`);
  return faults;
}

const pageHeaders: Record<string, string> = {
  ...always,
  'content-type': 'text/html; charset=utf-8',
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex, nofollow',
};

const csp =
  /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/;

/** Whatever our pages are made of; anything else was put in by somebody. */
const elements = new Set(
  'html head meta title style body main nav p h1 h2 section div dl dt dd details summary table thead tbody tr th td ul ol li time a code strong span form input fieldset legend label select optgroup option textarea button br'.split(
    ' ',
  ),
);
const attributes =
  /^(lang|charset|name|content|class|id|aria-[a-z]+|scope|data-when|method|autocomplete|type|value|required|checked|autofocus|role|for|maxlength|datetime|inputmode|href|target|rel|label|selected|open|action|formnovalidate)$/;

/** The only link is one that a tool made: to where a person can look for themselves. */
const ofATool = /^ href="https:\/\/[^"]+" target="_blank" rel="noopener noreferrer"$/;
/** Other than that a page leads only to pages behind a sign-in. */
const ofOurs = /^(?=.* href="\/inbox)/;
const sendsAway = / action="(?!\/inbox)/;

const tag = /<(\/?)([a-zA-Z!][^\s>/]*)((?:\s+[^\s=>]+(?:="[^"]*")?)*)\s*\/?>/g;

/** What hides or turns text, but for what writing needs (U+200C, U+200D, U+FE0F). */
const unseen =
  /\u034f|[\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\u{e0000}-\u{e0fff}\p{Zl}\p{Zp}]|(?![\t\n\r])\p{Cc}|\p{M}{5}/u;

/** Complaints about text that a person reads. */
export const faultsOfText = (text: string): string[] => {
  const found = unseen.exec(text)?.[0];
  return found === undefined ? [] : [`holds ${JSON.stringify(found)} unseen`];
};

/** Complaints about a page that people see. */
export function faultsOfPage(sent: Sent, answer: Answer): string[] {
  const { status, headers, body } = answer;
  const faults = missing(headers, pageHeaders);
  if (!csp.test(headers['content-security-policy'] ?? '')) faults.push('the content security policy is another');
  if (![200, 204, 303, 403, 404, 405, 409, 413, 422].includes(status)) faults.push(`status ${status}`);
  if (status === 204 || status === 303 || sent.method === 'HEAD') return faults;
  if (status === 200 && sent.method === 'POST' && sent.body?.mustBeRefused && !body.includes('<h1>Decided:'))
    faults.push('taken, though it must be refused');
  return [...faults, ...faultsOfMarkup(body)];
}

export function faultsOfMarkup(body: string): string[] {
  const faults = faultsOfText(body);
  if (!body.startsWith('<!doctype html>') || !body.trimEnd().endsWith('</html>')) faults.push('no whole page');
  if (inside.test(body)) faults.push(`tells of its inside: ${inside.exec(body)?.[0]}`);
  const bare = body.replace(/<style>[\s\S]*?<\/style>/, '');
  for (const [, , name = '', given = ''] of bare.matchAll(tag)) {
    if (name !== '!doctype' && !elements.has(name)) faults.push(`an element <${name}>`);
    if (name === 'a' && given !== '' && !ofATool.test(given) && !ofOurs.test(given)) faults.push(`a link${given}`);
    for (const [, attribute = ''] of given.matchAll(/\s([^\s=]+)(?:="[^"]*")?/g))
      if (name !== '!doctype' && !attributes.test(attribute)) faults.push(`an attribute ${attribute} of <${name}>`);
  }
  if (sendsAway.test(bare.replace(/\s+/g, ' '))) faults.push('a form that sends away');
  // What is left is text: no markup stands in it.
  if (/[<>]/.test(bare.replace(tag, ''))) faults.push('markup that is broken');
  return faults;
}
