/** The few calls of the API that `npm start` makes, as any agent would. */
import { randomUUID } from 'node:crypto';
import { until } from './until.ts';

export type IntentView = {
  intent_id: string;
  status: string;
  result?: Record<string, unknown> | null;
  error?: { code?: string; message?: string } | null;
};

export type Api = { baseUrl: string; apiKey: string };

const terminalStatuses = ['COMPLETED', 'FAILED', 'CANCELED', 'TIMED_OUT'];
export const isTerminal = (status: string): boolean => terminalStatuses.includes(status);

/** Submits an intent and returns its id. Rejects with the API's answer if it is not accepted. */
export async function submit(api: Api, intent: object): Promise<string> {
  const answer = await call<{ intent_id: string }>(api, '/v1/intents', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
    body: JSON.stringify(intent),
  });
  return answer.intent_id;
}

/** The intent as it is now; undefined if there is none. */
export async function read(api: Api, intentId: string): Promise<IntentView | undefined> {
  const answer = await call<{ intent: IntentView } | undefined>(api, `/v1/intents/${intentId}`, {}, [404]);
  return answer?.intent;
}

/** Waits until the intent's status fulfils `wanted`. */
export function untilStatus(
  api: Api,
  intentId: string,
  wanted: (status: string) => boolean,
  seconds: number,
): Promise<IntentView> {
  return until(`intent ${intentId} gets on`, seconds, async () => {
    const intent = await read(api, intentId);
    return intent && wanted(intent.status) ? intent : undefined;
  });
}

async function call<T>(api: Api, path: string, init: RequestInit, absent: number[] = []): Promise<T> {
  const headers = { ...init.headers, 'x-api-key': api.apiKey };
  const response = await fetch(`${api.baseUrl}${path}`, { ...init, headers });
  if (absent.includes(response.status)) return undefined as T;
  const text = await response.text();
  if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${path} answered ${response.status}: ${text}`);
  return JSON.parse(text) as T;
}
