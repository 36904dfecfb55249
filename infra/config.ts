import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { Node } from 'constructs';
import * as z from 'zod';
import { directorySchema } from '../adapters/directory-schema.ts';
import { wrongPaths } from '../core/event-door.ts';
import { internalTarget } from '../core/internal-target.ts';
import { addressPart, maxKeyPart } from '../wire/addresses.ts';
import { stages } from './stage.ts';

/** `<org>/<workspace>` */
const tenant = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\/[A-Za-z0-9][A-Za-z0-9._-]*$/, 'org/workspace');

const path = z.string().refine((text) => text.startsWith('$') && wrongPaths(text).length === 0, 'a path such as $.id');

/** A rule on a bus, and what it submits. */
const eventDoor = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'small letters, digits and dashes'),
  /** The account's default bus, or this deployment's own. */
  bus: z.enum(['default', 'holdpoint']).default('default'),
  /** An event pattern of EventBridge. */
  pattern: z.record(z.string(), z.json()).refine((pattern) => Object.keys(pattern).length > 0, 'matches everything'),
  tenant,
  /** Name of the agent as which it submits; it needs no key. */
  agent: z.string().max(maxKeyPart).regex(addressPart, 'letters, digits, dots, dashes and underscores'),
  /** Where in the event its key is: the same one submits once. */
  key: path.default('$.id'),
  /** A body of `POST /v1/intents`, in which text such as `$.detail.order_id` stands for what the event has there. */
  intent: z
    .record(z.string(), z.json())
    .refine((intent) => typeof intent.intent_type === 'string', 'names no intent_type')
    .refine((intent) => wrongPaths(intent).length === 0, 'has a path that cannot be read'),
});

/**
 * What is answered beside those that are held: whoever finds no room, polls, and all else that the function does. Such an answer
 * takes some 0.2 seconds, and who finds no room comes again after 5: ten functions answer 250 of these. AWS would refuse what
 * finds no function, without a word of when to come again.
 */
const leastSpare = 10;
const spareShare = 0.2;

/** The fewest functions to set aside where so many requests are held. */
export const leastReserved = (held: number): number => held + Math.max(leastSpare, Math.ceil(held * spareShare));

/** What a deployment is told; see `holdpoint.config.json`. */
const shape = z.strictObject({
  /** Not read: lets an editor check the file. */
  $schema: z.string().optional(),
  /** What may be lost: nothing (`kept`) or everything (`disposable`). */
  stage: z.enum(stages).default('kept'),
  /** The address that mails come from; it, or its domain, is a verified SES identity. */
  sender: z.email(),
  /** What links in mails begin with. Default: the API's own endpoint. */
  publicBaseUrl: z
    .url()
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  /** Where the payment provider's API is. */
  providerUrl: z.url(),
  /** The people who may decide. Nobody else is ever mailed. */
  directory: directorySchema,
  /** Who signs people in beside mailed codes: an OpenID Connect issuer, which must vouch for their mail addresses. */
  oidc: z
    .strictObject({
      issuer: z.url().refine((url) => /^(https:|http:\/\/(localhost|127\.0\.0\.1)[:/])/.test(url), 'https'),
      clientId: z.string().min(1),
      /** A secret of Secrets Manager that holds the client's. Default: the client has none, PKCE alone protects it. */
      clientSecretArn: z.string().startsWith('arn:').optional(),
    })
    .optional(),
  /** Whether people may be told by Slack or Teams: makes the secret that says how these are reached. */
  chat: z.union([z.boolean(), z.stringbool()]).default(false),
  /** What agents may be bound to in this account: ARNs of functions, queues and buses. Nothing else can be reached. */
  internalTargets: z
    .array(z.string().refine((arn) => internalTarget(arn) !== undefined, 'an ARN of a function, a queue or a bus'))
    .default([]),
  /** Hosts that webhooks are sent to by http and wherever they lie: for a stack on one machine, and nowhere else. */
  localReceivers: z.array(z.string().min(1)).default([]),
  /** What the world outside hears, and what it can begin. */
  events: z
    .strictObject({
      /** Whose lifecycle events go onto the deployment's bus: everybody's, nobody's, or those of these tenants. */
      bus: z.union([z.boolean(), z.array(tenant).min(1)]).default(false),
      /** Rules by which an event of a bus submits an intent. */
      doors: z.array(eventDoor).max(50).default([]),
    })
    .refine(({ doors }) => new Set(doors.map(({ name }) => name)).size === doors.length, {
      message: 'two doors have one name',
      path: ['doors'],
    })
    .prefault({}),
  /**
   * Requests that wait for news: how many are held open at once, by streams and by MCP together; and how many functions are set
   * aside for each of the two. Either may hold all of them, and answers others besides.
   */
  streams: z
    .strictObject({
      held: z.int().min(1).max(10_000).default(50),
      reservedConcurrency: z.int().min(1).optional(),
      mcpReservedConcurrency: z.int().min(1).optional(),
    })
    .superRefine(({ held, ...reserved }, { addIssue }) => {
      for (const [name, given] of Object.entries(reserved))
        if (given !== undefined && given < leastReserved(held))
          addIssue({
            code: 'custom',
            message: `at least ${leastReserved(held)} where ${held} are held: the others are answered, too`,
            path: [name],
          });
    })
    .prefault({}),
  /** Requests a minute with one key to one endpoint, where the key says nothing else. */
  rateLimit: z.coerce.number().int().min(1).default(120),
  /** An SNS topic that the alarms tell. Default: they only show in CloudWatch. */
  alarmTopicArn: z.string().startsWith('arn:').optional(),
});

const schema = shape.refine(({ stage, localReceivers }) => stage === 'disposable' || localReceivers.length === 0, {
  message: 'only where the stage is disposable',
  path: ['localReceivers'],
});

/** A deployment's configuration. */
export type Config = Omit<z.output<typeof schema>, '$schema'>;

/** Keys that `cdk -c key=value` can override. */
const overridable = [
  'stage',
  'sender',
  'publicBaseUrl',
  'providerUrl',
  'chat',
  'rateLimit',
  'alarmTopicArn',
  'internalTargets',
  'localReceivers',
  'events',
] as const;
/** Those that are more than a word: `-c` brings them as JSON. */
const asJson: ReadonlySet<string> = new Set(['internalTargets', 'localReceivers', 'events']);

const root = join(import.meta.dirname, '..');

/**
 * Reads `holdpoint.config.json`, or the file of `-c config=path`, with the overrides of `-c`.
 *
 * @param node of the CDK app, for its context
 * @throws Error that names the file and each wrong key
 */
export function loadConfig(node: Node): Config {
  const name: string = node.tryGetContext('config') ?? 'holdpoint.config.json';
  const path = isAbsolute(name) ? name : join(root, name);
  const given = overridable
    .map((key) => [key, node.tryGetContext(key)] as const)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key, asJson.has(key) && typeof value === 'string' ? JSON.parse(value) : value] as const);
  return readConfig(path, Object.fromEntries(given));
}

/** The configuration that a file has. Throws Error that names the file and each wrong key. */
export const readConfig = (path: string, instead: object = {}): Config =>
  parseConfig({ ...JSON.parse(readFileSync(path, 'utf8')), ...instead }, path);

/** What editors check the file by: `holdpoint.config.schema.json`, written by `npm run config-schema`. */
export const configJsonSchema = () => z.toJSONSchema(schema, { io: 'input' });

/** Checks a configuration; `source` is named in the error. */
export function parseConfig(value: unknown, source: string): Config {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Error(`${source}:\n${z.prettifyError(parsed.error)}`);
  const { $schema: _, ...config } = parsed.data;
  return config;
}
