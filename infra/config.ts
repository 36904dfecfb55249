import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { Node } from 'constructs';
import * as z from 'zod';
import { directorySchema } from '../adapters/directory-schema.ts';
import { stages } from './stage.ts';

/** What a deployment is told; see `holdpoint.config.json`. */
const schema = z.strictObject({
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
  /** Requests that wait for news: how many are held open at once, and how many functions are set aside for them and the rest. */
  streams: z
    .strictObject({ held: z.int().min(1).max(10_000).default(50), reservedConcurrency: z.int().min(2).optional() })
    .refine(({ held, reservedConcurrency }) => reservedConcurrency === undefined || reservedConcurrency > held, {
      message: 'more than are held: the others must be told so',
      path: ['reservedConcurrency'],
    })
    .prefault({}),
  /** Requests a minute with one key to one endpoint, where the key says nothing else. */
  rateLimit: z.coerce.number().int().min(1).default(120),
  /** An SNS topic that the alarms tell. Default: they only show in CloudWatch. */
  alarmTopicArn: z.string().startsWith('arn:').optional(),
});

/** A deployment's configuration. */
export type Config = Omit<z.output<typeof schema>, '$schema'>;

/** Keys that `cdk -c key=value` can override. */
const overridable = ['stage', 'sender', 'publicBaseUrl', 'providerUrl', 'chat', 'rateLimit', 'alarmTopicArn'] as const;

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
    .filter(([, value]) => value !== undefined);
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
