/** The part of Stripe's API that the sandbox speaks: who may call, idempotency keys, and the routes. */
import { createHash } from 'node:crypto';
import { retrieveCharge, searchCharges } from './charges.ts';
import { keyOfOtherEndpoint, keyOfOtherParameters, noKey, unknownUrl, wrongKey } from './errors.ts';
import { canonicalParameters, type Parameters, parseForm } from './form.ts';
import { createRefund, listRefunds, retrieveRefund } from './refunds.ts';
import type { Answer, State } from './types.ts';

export type ApiRequest = {
  method: string;
  path: string;
  /** Query string without `?`. */
  query: string;
  body: string;
  idempotencyKey: string | null;
};

/** The refusal of a request without the sandbox's key, or undefined. */
export function refuseCaller(authorization: string | undefined, secretKey: string): Answer | undefined {
  const given = /^Bearer (.+)$/.exec(authorization ?? '')?.[1];
  if (given === undefined) return noKey();
  return given === secretKey ? undefined : wrongKey(given);
}

/** The answer that was saved under the request's idempotency key, a refusal of the key, or undefined. */
export function recall(state: State, request: ApiRequest): { answer: Answer; replayed: boolean } | undefined {
  const key = keyInUse(state, request);
  const saved = key === undefined ? undefined : state.keys[key];
  if (key === undefined || !saved) return undefined;
  if (saved.endpoint !== endpointOf(request)) {
    return { answer: keyOfOtherEndpoint(key, request.path, saved.endpoint.split(' ')[1] ?? ''), replayed: false };
  }
  if (saved.parametersHash !== hashOf(request)) return { answer: keyOfOtherParameters(key), replayed: false };
  return { answer: { status: saved.status, body: saved.body, saved: false }, replayed: true };
}

/** Saves an answer under the request's key, if it is one that Stripe saves. */
export function remember(state: State, request: ApiRequest, answer: Answer): void {
  const key = keyInUse(state, request);
  if (key === undefined || !answer.saved || state.keys[key]) return;
  state.keys[key] = {
    endpoint: endpointOf(request),
    parametersHash: hashOf(request),
    status: answer.status,
    body: structuredClone(answer.body),
  };
}

/** Executes the request on the state. */
export function execute(state: State, request: ApiRequest): Answer {
  const parameters = parametersOf(request);
  const id = decodeURIComponent(request.path.split('/')[3] ?? '');
  if (request.method === 'POST') {
    if (request.path === '/v1/refunds') return createRefund(state, parameters);
  } else if (request.method === 'GET') {
    if (request.path === '/v1/charges/search') return searchCharges(state, parameters);
    if (request.path === '/v1/refunds') return listRefunds(state, parameters);
    if (/^\/v1\/charges\/[^/]+$/.test(request.path)) return retrieveCharge(state, id);
    if (/^\/v1\/refunds\/[^/]+$/.test(request.path)) return retrieveRefund(state, id);
  }
  return unknownUrl(request.method, request.path);
}

const endpointOf = (request: ApiRequest) => `${request.method} ${request.path}`;

const parametersOf = (request: ApiRequest): Parameters =>
  parseForm(request.method === 'GET' ? request.query : request.body);

const hashOf = (request: ApiRequest) =>
  createHash('sha256')
    .update(canonicalParameters(parametersOf(request)))
    .digest('hex');

/** Keys count for POST only, as at Stripe. */
function keyInUse(state: State, request: ApiRequest): string | undefined {
  return state.keysOff || request.method !== 'POST' ? undefined : (request.idempotencyKey ?? undefined);
}
