/** What can be seen of a deployment by its API: whether it answers, its clock, the key and its rights, the session. */

import type { Scope } from '../../wire/scopes.ts';
import { ApiError, HoldpointError } from '../sdk/errors.ts';
import type { Call, HoldpointClient } from '../sdk/index.ts';
import { isPassing } from '../sdk/retry.ts';
import { type At, type Found, findContext, sessionAt } from './contexts.ts';
import { type Check, type Finding, failed, ok, skipped, warning } from './finding.ts';
import { Refused, sentenceOf } from './outcome.ts';

/** A deployment that does not answer in this time is not reached, milliseconds. */
const patienceMs = 8_000;
/** Deadlines and codes are minutes: half a one is no matter. Signatures of AWS and of webhooks are refused after five. */
const skewSeconds = { seen: 30, refused: 300 };

export async function checkApi(at: At): Promise<Check> {
  let context: Found;
  try {
    context = findContext(at);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return [failed('context', 'No deployment is named by context or environment.', error.message)];
  }
  const seen: Seen = {};
  const client = await clientFor(context, seen);
  const reached = await reach(client, context, seen);
  const found = [ok('context', `${context.name}: ${context.url}`), ...reached];
  if (reached.some(({ state }) => state === 'failed')) return found;
  return [...found, ...(await checkKey(client, context)), sessionFinding(context)];
}

interface Seen {
  /** Of the answer that came last: what its clock said, and ours at that moment. */
  date?: string | null;
  at?: number;
}

async function clientFor({ url, apiKey }: Found, seen: Seen): Promise<HoldpointClient> {
  const { HoldpointClient } = await import('../sdk/index.ts');
  return new HoldpointClient({
    baseUrl: url,
    apiKey: apiKey ?? 'none',
    retries: 0,
    timeoutMs: patienceMs,
    fetch: async (...args) => {
      const response = await fetch(...args);
      seen.date = response.headers.get('date');
      seen.at = Date.now();
      return response;
    },
  });
}

async function reach(client: HoldpointClient, { url }: Found, seen: Seen): Promise<Check> {
  const began = Date.now();
  try {
    await client.request({ method: 'GET', path: '/health' });
  } catch (error) {
    return [
      failed(
        'endpoint',
        `${url} does not answer as a deployment does: ${sentenceOf(error)}`,
        'Is the address the output ApiUrl? On this machine: npm start. Else look at the stack in CloudFormation.',
      ),
    ];
  }
  return [ok('endpoint', `Answers in ${Date.now() - began} ms`), clockFinding(seen)];
}

function clockFinding({ date, at = 0 }: Seen): Finding {
  const theirs = Date.parse(date ?? '');
  if (Number.isNaN(theirs)) return skipped('clock', 'the answer has no date.');
  const seconds = Math.round(Math.abs(at - theirs) / 1000);
  if (seconds < skewSeconds.seen) return ok('clock', `${seconds} s apart`);
  const says = `This machine's clock is ${seconds} s ${at > theirs ? 'ahead' : 'behind'}.`;
  const fix = 'Set it by NTP: timedatectl set-ntp true, or sntp -sS time.apple.com.';
  return seconds < skewSeconds.refused ? warning('clock', says, fix) : failed('clock', says, fix);
}

async function checkKey(client: HoldpointClient, { apiKey, name }: Found): Promise<Check> {
  if (apiKey === undefined)
    return [skipped('key', `${name} has none. Agents need one; people sign in with holdpoint login.`)];
  const called = { method: 'GET', path: '/v1/capabilities' } as const;
  try {
    const { supported_intent_types: types } = await client.request<{ supported_intent_types: string[] }>(called);
    return [ok('key', `Good, for an agent; types: ${types.join(', ')}`), await rightsFinding(client)];
  } catch (error) {
    if (isPassing(error)) return [warning('key', sentenceOf(error), askAgain)];
    return [
      failed(
        'key',
        sentenceOf(error),
        'holdpoint keys list shows whether it was revoked, keys create makes another; then context add, or HOLDPOINT_API_KEY.',
      ),
    ];
  }
}

const askAgain = 'The deployment did not answer to that: run holdpoint doctor again.';

const decidingForAPerson = 'deciding for a person';

/** An account that is none: whoever may stop agents is told so, and nothing happens. */
const noAccount = `sa_${'0'.repeat(16)}`;

/** What each right opens. */
const doors: Record<Scope | typeof decidingForAPerson, Call> = {
  'accounts:manage': { method: 'GET', path: '/v1/service-accounts', query: { limit: 1 } },
  'decisions:read': { method: 'GET', path: '/v1/decisions', query: { from: '2026-01-01', limit: 1 } },
  'mesh:control': { method: 'POST', path: `/v1/mesh/agents/${noAccount}/resume` },
  [decidingForAPerson]: { method: 'GET', path: '/v1/me/tasks' },
};

type Door = 'open' | 'closed' | 'unknown';

async function tried(client: HoldpointClient, call: Call): Promise<Door> {
  try {
    await client.request(call);
    return 'open';
  } catch (error) {
    if (!(error instanceof HoldpointError)) throw error;
    const status = error instanceof ApiError ? error.status : undefined;
    if (status === 401 || status === 403) return 'closed';
    return status === 404 && call.method === 'POST' ? 'open' : 'unknown';
  }
}

async function rightsFinding(client: HoldpointClient): Promise<Finding> {
  const found: Record<Door, string[]> = { open: [], closed: [], unknown: [] };
  for (const [right, call] of Object.entries(doors)) found[await tried(client, call)].push(right);
  const { open, closed, unknown } = found;
  const besides = open.length > 0 ? `besides: ${open.join(', ')}.` : unknown.length > 0 ? '' : 'and no more.';
  const says = [
    besides === '' ? 'It acts as its agent.' : `It acts as its agent${open.length > 0 ? ';' : ','} ${besides}`,
    ...(closed.length > 0 ? [`Not: ${closed.join(', ')} (keys create --scope, --may-decide-as).`] : []),
    ...(unknown.length > 0 ? [`Not told: ${unknown.join(', ')}.`] : []),
  ].join(' ');
  if (unknown.length === 0) return ok('key rights', says);
  return warning('key rights', says, askAgain);
}

function sessionFinding({ url }: Found): Finding {
  const session = sessionAt(url);
  if (!session) return skipped('session', 'nobody is signed in. holdpoint login does it.');
  return ok('session', `${session.person.name} until ${session.expiresAt}`);
}
