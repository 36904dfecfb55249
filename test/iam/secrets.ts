/** What nothing may hold that is not made for it, as known at the end of a run; and where each may be. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { sandboxSecretKey } from '../../local/provider/server.ts';
import { dynamo, madeKeys, mails, refundReason, stack, tables } from '../deployed/world.ts';
import { encodingsOf, Needles } from './find.ts';
import type { Place } from './places.ts';

export const secretKinds = [
  'approval link',
  "requester's link",
  'API key',
  'session',
  'invite',
  'webhook secret',
  'resume state',
  'task token',
  "provider's key",
  'sensitive field',
  "approver's address",
] as const;
export type SecretKind = (typeof secretKinds)[number];

export interface Secret {
  kind: SecretKind;
  value: string;
}

/** Has all that JSON, forms and pages write differently. */
export const oddReason = 'He said: "too small & torn" / ☹ <size 4>';

/** `made`: what only those know who made it. */
export async function secretsOf(made: readonly Secret[]): Promise<Secret[]> {
  const of = (kind: SecretKind, values: Iterable<string>): Secret[] =>
    [...new Set(values)].map((value) => ({ kind, value }));
  const captured = await mails();
  const tokens = readFileSync(join(stack.dir, madeKeys), 'utf8').trim().split('\n');
  return [
    ...made,
    ...of(
      'approval link',
      captured.flatMap(({ text }) => [...text.matchAll(/\/a\/([A-Za-z0-9_-]{43})/g)].map(([, secret]) => secret ?? '')),
    ),
    ...of(
      'API key',
      tokens.filter((token) => token.startsWith('hp_')),
    ),
    ...of(
      'session',
      tokens.filter((token) => !token.startsWith('hp_')),
    ),
    ...of('task token', await tokensInRows()),
    ...of("provider's key", [sandboxSecretKey]),
    ...of('sensitive field', [refundReason, oddReason]),
    ...of(
      "approver's address",
      captured.flatMap(({ to }) => to),
    ),
  ];
}

async function tokensInRows(): Promise<string[]> {
  const tokens: string[] = [];
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await dynamo.send(
      new ScanCommand({
        TableName: tables.intents,
        FilterExpression: 'begins_with(sk, :task) AND attribute_exists(#token)',
        ExpressionAttributeNames: { '#token': 'token' },
        ExpressionAttributeValues: { ':task': 's#task#' },
        ...(ExclusiveStartKey && { ExclusiveStartKey }),
      }),
    );
    tokens.push(...(page.Items ?? []).map((item) => String(item.token)));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return tokens;
}

/** A kind of secret where it may be, and why. */
export interface Permitted {
  kind: SecretKind;
  places: RegExp;
  reason: string;
}

const wholeRequests = 'The local AWS records requests whole; CloudTrail leaves out what mails and items hold.';
const saved = 'The same as saved on disk.';
const keptState = 'Where its agent gets it back from.';

export const permitted: readonly Permitted[] = [
  { kind: 'approval link', places: /^captured mails$/, reason: 'The mail is how it reaches the approver.' },
  { kind: 'approval link', places: /^trail, ses /, reason: wholeRequests },
  {
    kind: 'webhook secret',
    places: /^trail, kms Encrypt$/,
    reason: 'The local AWS records requests whole; CloudTrail never has what KMS encrypts.',
  },
  { kind: 'resume state', places: /^table intents, row resume$/, reason: keptState },
  { kind: 'resume state', places: /^trail, (dynamodb TransactWriteItems|s3 )/, reason: wholeRequests },
  { kind: 'resume state', places: /^disk: aws\/(s3\/|state\/dynamodb\.json$)/, reason: saved },
  { kind: 'task token', places: /^table intents, row s#task$/, reason: 'Where `runs` takes it from.' },
  { kind: 'task token', places: /^trail, dynamodb TransactWriteItems$/, reason: wholeRequests },
  {
    kind: 'task token',
    places: /^trail, states SendTask(Success|Failure)$/,
    reason: 'The local AWS records requests whole. By then the token is redeemed, and opens nothing.',
  },
  { kind: 'task token', places: /^disk: aws\/state\/dynamodb\.json$/, reason: saved },
  { kind: "provider's key", places: /^Secrets Manager$/, reason: 'Where the tools read it.' },
  { kind: "provider's key", places: /^disk: aws\/state\/secretsmanager\.json$/, reason: saved },
  {
    kind: 'sensitive field',
    places: /^table intents, row (request|s#plan)$/,
    reason: 'What was asked, and what is to be done.',
  },
  { kind: 'sensitive field', places: /^trail, dynamodb TransactWriteItems$/, reason: wholeRequests },
  { kind: 'sensitive field', places: /^disk: aws\/state\/dynamodb\.json$/, reason: saved },
  {
    kind: 'sensitive field',
    places: /^disk: aws\/tmp\/[^/]*\/code\/index\.js$/,
    reason: "No request's: the type's own example says the same words.",
  },
  {
    kind: "approver's address",
    places: /^(table (intents|audit|people), |captured mails$|trail, (ses |dynamodb ))/,
    reason: 'Mails go there; links, tasks and records say to whom, and sessions to whom their code went.',
  },
  {
    kind: "approver's address",
    places: /^disk: aws\/(s3|tmp|state\/(cloudformation|dynamodb|iam|s3|lambda)\b)/,
    reason: 'The directory is part of the deployment: in code, template and the right to mail.',
  },
];

export interface Finding {
  kind: SecretKind;
  encoding: string;
  place: string;
}

/** Shapes of secrets, for those that nobody told of. */
const shapes: readonly [SecretKind, RegExp][] = [
  ['API key', /hp_(sa|scim)_[0-9a-f]{16}_[A-Za-z0-9_-]{43}/],
  ['session', /(hp_ps_|__Host-holdpoint=)[A-Za-z0-9_-]{43}/],
  ['webhook secret', /whsec_[A-Za-z0-9+/]{32,}/],
  ["requester's link", /\/r\/[A-Za-z0-9_-]{70,512}/],
  ['approval link', /\/a\/[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/],
];

/** Everything found, permitted or not. */
export function findAll(secrets: readonly Secret[], places: readonly Place[]): Finding[] {
  const needles = new Needles<string>();
  const labels = new Map<string, Omit<Finding, 'place'>>();
  for (const { kind, value } of secrets)
    for (const [encoding, text] of encodingsOf(value)) {
      labels.set(`${kind} ${encoding}`, { kind, encoding });
      needles.add(`${kind} ${encoding}`, text);
    }
  return places.flatMap(({ name: place, bytes }) => {
    const known = [...needles.in(bytes)].flatMap((label) => labels.get(label) ?? []);
    const text = bytes.toString('latin1');
    const shaped = shapes.filter(([, shape]) => shape.test(text)).map(([kind]) => ({ kind, encoding: 'its shape' }));
    return [...known, ...shaped].map((found) => ({ ...found, place }));
  });
}

/** Why this may be where it is; nothing where it may not. */
export const permissionFor = ({ kind, place }: Finding): Permitted | undefined =>
  permitted.find((one) => one.kind === kind && one.places.test(place));
