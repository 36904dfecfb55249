/** Names for what functions are called for and for the calls that they make: the same in each run of a path. */

import type { Tables } from '../../adapters/rows.ts';
import type { ProxiedCall } from '../../local/fault-rules.ts';

/** Physical names → ours. */
export interface Names {
  functions: Record<string, string>;
  tables: Record<string, string>;
}

export function namesOf(functions: Record<string, string>, tables: Tables): Names {
  const turned = (names: object) =>
    Object.fromEntries(Object.entries(names).map(([ours, physical]) => [physical, ours]));
  return { functions: turned(functions), tables: turned(tables) };
}

// biome-ignore lint/suspicious/noExplicitAny: events and bodies of many shapes, looked at for a name
type Any = any;

/** What an invocation is for: a step's name, a message's kind, a method. */
export function occasionOf(name: string, event: Any): string {
  if (event?.requestContext?.http) return event.requestContext.http.method;
  if (event?.step) return event.step;
  if (event?.mode) return event.mode;
  if (name === 'dispatch') return 'stream';
  if (event?.Records) {
    const bodies = event.Records.map((record: Any) => JSON.parse(record.body));
    return [...new Set(bodies.map(({ kind, body }: Any) => (kind === 'mail' ? body.why : kind)))].join('+');
  }
  return name === 'sweep' ? 'each minute' : 'read';
}

const services: Record<string, string> = {
  DynamoDB_20120810: 'DynamoDB',
  AWSStepFunctions: 'SFN',
  AmazonSQS: 'SQS',
  TrentService: 'KMS',
  secretsmanager: 'Secrets Manager',
};

/** One call in a few words: service, action, and what it is about. */
export function callOf(call: ProxiedCall, body: string, names: Names): string {
  if (call.action === null) return restCall(call, names);
  const [service = '', action = ''] = call.action.includes('.') ? call.action.split('.') : ['SES', call.action];
  const name = `${services[service] ?? service} ${action}`;
  if (service === 'DynamoDB_20120810') return `${name} ${dynamoTarget(action, JSON.parse(body), names)}`;
  if (service === 'AmazonSQS' && action === 'SendMessage')
    return `${name} ${JSON.parse(JSON.parse(body).MessageBody).kind ?? 'parked'}`;
  return name;
}

function restCall({ method, path }: ProxiedCall, names: Names): string {
  const invoked = /\/functions\/([^/]+)\/invocations/.exec(path)?.[1];
  if (invoked) return `Lambda Invoke ${nameOfFunction(decodeURIComponent(invoked), names)}`;
  const route = path.split('?')[0]?.replace(/\/(re|ch)_[^/]+/, '/…');
  return `provider ${method} ${route}`;
}

/** `functions:live`, or the whole ARN. */
const nameOfFunction = (reference: string, { functions }: Names): string =>
  Object.entries(functions).find(([physical]) => reference.includes(physical))?.[1] ?? reference;

function dynamoTarget(action: string, body: Any, { tables }: Names): string {
  if (action === 'TransactWriteItems')
    return body.TransactItems.map(({ Put }: Any) => Put?.Item.record?.M.action.S).find(Boolean) ?? 'other';
  const table = tables[body.TableName] ?? body.TableName;
  if (body.IndexName) return `${table} ${body.IndexName}`;
  if (action === 'Query') {
    const from: string = body.ExpressionAttributeValues[':from']?.S ?? '';
    return `${table} ${from.startsWith('event#') ? 'events' : from === 'request' ? 'state and request' : 'state'}`;
  }
  const sk: string = (body.Key ?? body.Item).sk.S;
  // Without ids: what kind of row it is.
  return `${table} ${table === 'effects' ? 'effect' : sk.replace(/^(outbox#[a-z]+)#.*/, '$1')}`;
}

/** The n-th of its kind in the run of one intent; the first needs no number. */
export const numbered = (name: string, n: number): string => (n === 1 ? name : `${name} #${n}`);
