/** Names for what functions are called for and for the calls that they make: the same in each run of a path. */

import type { ProxiedCall } from '../../local/fault-rules.ts';

/** Physical names → ours. */
export interface Names {
  functions: Record<string, string>;
  tables: Record<string, string>;
}

export function namesOf(functions: Record<string, string>, tables: Record<string, string>): Names {
  const turned = (names: object) =>
    Object.fromEntries(Object.entries(names).map(([ours, physical]) => [physical, ours]));
  return { functions: turned(functions), tables: turned(tables) };
}

// biome-ignore lint/suspicious/noExplicitAny: events and bodies of many shapes, looked at for a name
type Any = any;

/** The sweep's event names no intent. */
export const sweepEvent = 'sweep: each minute';

/** What an invocation is for: a step's name, a message's kind, a method. */
export function occasionOf(name: string, event: Any): string {
  if (event?.requestContext?.http) return event.requestContext.http.method;
  if (event?.step) return event.step;
  if (event?.mode) return event.mode;
  if (name === 'dispatch') return 'stream';
  if (event?.Records) {
    const messages = event.Records.map((record: Any) => messageName(JSON.parse(record.body)));
    return [...new Set(messages)].join('+');
  }
  if (event?.door) return 'event';
  return name === 'sweep' ? 'each minute' : 'read';
}

/** What a message of a queue is about. */
function messageName({ kind, body }: Any): string {
  if (kind === 'mail') return body.why ?? body.notice?.what ?? 'news';
  if (kind === 'deliver') return ['reply', 'thread', 'lease'].find((what) => body[what] !== undefined) ?? kind;
  return kind === 'wake' && body.procedure ? 'part ended' : kind;
}

const services: Record<string, string> = {
  DynamoDB_20120810: 'DynamoDB',
  AWSStepFunctions: 'SFN',
  AmazonSQS: 'SQS',
  AWSEvents: 'EventBridge',
  TrentService: 'KMS',
  secretsmanager: 'Secrets Manager',
};

/** One call in a few words: service, action, and what it is about. */
export function callOf(call: ProxiedCall, body: string, names: Names): string {
  if (call.action === null) return restCall(call, names);
  const [service = '', action = ''] = call.action.includes('.') ? call.action.split('.') : ['SES', call.action];
  const name = `${services[service] ?? service} ${action}`;
  if (service === 'DynamoDB_20120810') return `${name} ${dynamoTarget(action, JSON.parse(body), names)}`;
  if (service === 'AmazonSQS' && action === 'SendMessage') return `${name} ${sentName(JSON.parse(body))}`;
  return name;
}

function sentName({ MessageBody }: Any): string {
  const message = JSON.parse(MessageBody);
  if (message.kind === undefined) return 'parked';
  return message.kind === 'mail' ? 'mail' : messageName(message);
}

function restCall({ method, path }: ProxiedCall, names: Names): string {
  const invoked = /\/functions\/([^/]+)\/invocations/.exec(path)?.[1];
  if (invoked) return `Lambda Invoke ${nameOfFunction(decodeURIComponent(invoked), names)}`;
  if (path.startsWith(hooksPath)) return `webhook ${method}`;
  const route = path.split('?')[0]?.replace(/\/(re|ch)_[^/]+/, '/…');
  return `provider ${method} ${route}`;
}

/** Where webhooks of the tests are sent to; the mark follows. */
export const hooksPath = '/hooks/';

/** `functions:live`, or the whole ARN. */
const nameOfFunction = (reference: string, { functions }: Names): string =>
  Object.entries(functions).find(([physical]) => reference.includes(physical))?.[1] ?? reference;

function dynamoTarget(action: string, body: Any, { tables }: Names): string {
  if (action === 'TransactWriteItems') return transactionName(body.TransactItems, tables);
  const table = tables[body.TableName] ?? body.TableName;
  if (body.IndexName) return `${table} ${body.IndexName}`;
  if (action === 'Query') {
    const prefix: string | undefined = body.ExpressionAttributeValues[':prefix']?.S;
    // The directory is read whole.
    if (prefix !== undefined) return prefix === '' ? table : `${table} ${kindOf(prefix)}`;
    const from: string = body.ExpressionAttributeValues[':from']?.S ?? '';
    if (table !== 'intents') return `${table} ${kindOf(from)}`;
    return `${table} ${from.startsWith('event#') ? 'events' : from === 'request' ? 'state and request' : 'state'}`;
  }
  const sk: string = (body.Key ?? body.Item).sk.S;
  if (table === 'effects') return `${table} effect`;
  return `${table} ${sk.startsWith('outbox#') ? sk.replace(/^(outbox#[a-z]+)#.*/, '$1') : kindOf(sk)}`;
}

/** Without ids: what kind of row it is. */
const kindOf = (sk: string): string => sk.replace(/^(s#)?([a-z]+)#.*/, '$1$2');

/** A commit is named by what it records; what records nothing, by its rows. */
function transactionName(items: Any[], tables: Names['tables']): string {
  const recorded = items.map(({ Put }) => Put?.Item.record?.M.action.S).find(Boolean);
  if (recorded) return recorded;
  const [one] = items.flatMap(({ Put, Update, Delete, ConditionCheck }) => Put ?? Update ?? Delete ?? ConditionCheck);
  const table = tables[one.TableName] ?? one.TableName;
  // Whether nothing is stopped; which of the equal rows of a stop is looked at says the intent's id.
  if (items.every(({ ConditionCheck }) => ConditionCheck)) return `checks ${table}`;
  return `${table} ${kindOf((one.Key ?? one.Item).sk.S)}`;
}

/** Whether a call changes nothing: that its answer is lost is then the same as that it never happened. */
export const isRead = (point: string): boolean =>
  /: (DynamoDB (GetItem|Query|TransactWriteItems checks)|KMS|Secrets Manager|provider GET|Lambda Invoke read)/.test(
    point,
  );
export const isRepeat = (point: string): boolean => / #\d+$/.test(point);

/** The n-th of its kind in the run of one intent; the first needs no number. */
export const numbered = (name: string, n: number): string => (n === 1 ? name : `${name} #${n}`);
