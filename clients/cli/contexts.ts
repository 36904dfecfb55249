/** Which deployment a command speaks to by API, and as whom: contexts, sessions, and what the environment says. */

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { exitCodes, Refused } from './outcome.ts';
import { readPrivate, writePrivate } from './private-file.ts';

/** A deployment's address as it is kept: http only on this machine, since keys go there. */
export const baseUrl = z
  .url()
  .transform((url) => url.replace(/\/+$/, ''))
  .refine((url) => /^(https:\/\/|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|\/|$))/.test(url), 'https');

const context = z.strictObject({ url: baseUrl, tenant: z.string().optional(), apiKey: z.string().optional() });
export type Context = z.infer<typeof context>;

const contextsFile = z.strictObject({ current: z.string().optional(), contexts: z.record(z.string(), context) });
export type Contexts = z.infer<typeof contextsFile>;

const session = z.strictObject({
  token: z.string(),
  expiresAt: z.iso.datetime(),
  person: z.strictObject({ id: z.string(), name: z.string() }),
});
export type Session = z.infer<typeof session>;
/** By the deployment's address: a session is never sent anywhere else. */
const sessionsFile = z.record(z.string(), session);

/** The name of the context that `npm start` makes: read where it is, never copied. */
export const localName = 'local';
const repositoryRoot = join(import.meta.dirname, '..', '..');

const folder = (): string => join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'holdpoint');
const contextsPath = (): string => join(folder(), 'contexts.json');
const sessionsPath = (): string => join(folder(), 'sessions.json');

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

export const readContexts = (): Contexts => readPrivate(contextsPath(), contextsFile) ?? { contexts: {} };
export const writeContexts = (contexts: Contexts): void => writePrivate(contextsPath(), json(contexts));

/** The session for a deployment; none where it is over. */
export function sessionAt(url: string, now = Date.now()): Session | undefined {
  const found = readPrivate(sessionsPath(), sessionsFile)?.[url];
  return found && Date.parse(found.expiresAt) > now ? found : undefined;
}

/** Keeps a session, or forgets it; those that are over go with it. */
export function keepSession(url: string, kept: Session | undefined, now = Date.now()): void {
  const { [url]: _, ...others } = readPrivate(sessionsPath(), sessionsFile) ?? {};
  const alive = Object.entries(others).filter(([, { expiresAt }]) => Date.parse(expiresAt) > now);
  writePrivate(sessionsPath(), json({ ...Object.fromEntries(alive), ...(kept ? { [url]: kept } : {}) }));
}

const localFile = z.looseObject({
  baseUrl,
  apiKey: z.string(),
  orgId: z.string(),
  workspaceId: z.string(),
});

/** What `npm start` wrote into `dir`; undefined where it never ran there. */
export function localContext(dir = join(repositoryRoot, '.holdpoint')): Context | undefined {
  const file = join(dir, 'local.json');
  if (!existsSync(file)) return undefined;
  const found = readPrivate(file, localFile);
  return found && { url: found.baseUrl, apiKey: found.apiKey, tenant: `${found.orgId}/${found.workspaceId}` };
}

/** How a command names its deployment. */
export interface At {
  context?: string;
  local?: string | true;
  json?: boolean;
}

export interface Found extends Context {
  /** In words: where it was found. */
  name: string;
}

const none = 'No deployment is named';
const advice =
  'holdpoint context add NAME --url URL adds one, HOLDPOINT_URL and HOLDPOINT_API_KEY name one, npm start makes one here.';

/**
 * The deployment a command means: `--local` or `--context`, else the environment, else the current context, else that of
 * `npm start`. A key goes with its address: HOLDPOINT_URL alone takes no other context's key along. Throws Refused.
 */
export function findContext(at: At, env: NodeJS.ProcessEnv = process.env): Found {
  if (at.local !== undefined && at.context !== undefined)
    throw new Refused('Give --local or --context.', exitCodes.usage);
  if (at.local !== undefined) return { name: localName, ...localOr(at.local === true ? undefined : at.local) };
  const kept = readContexts();
  if (at.context !== undefined) return named(at.context, kept);
  const { HOLDPOINT_URL: url, HOLDPOINT_API_KEY: apiKey } = env;
  if (url) {
    const parsed = baseUrl.safeParse(url);
    if (!parsed.success) throw new Refused(`HOLDPOINT_URL is no https address: ${url}`, exitCodes.usage);
    return { name: 'HOLDPOINT_URL', url: parsed.data, ...(apiKey ? { apiKey } : {}) };
  }
  const local = localContext();
  const current = kept.current === undefined ? local && { name: localName, ...local } : named(kept.current, kept);
  if (!current) throw new Refused(`${none}: ${advice}`, exitCodes.usage);
  if (!apiKey) return current;
  // The tenant is the other key's.
  return { name: `${current.name}, key of HOLDPOINT_API_KEY`, url: current.url, apiKey };
}

function named(name: string, { contexts }: Contexts): Found {
  const found = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (found) return { name, ...found };
  if (name === localName) return { name, ...localOr(undefined) };
  throw new Refused(`There is no context ${name}: holdpoint context list shows them.`, exitCodes.usage);
}

function localOr(dir: string | undefined): Context {
  const found = localContext(dir);
  if (found) return found;
  throw new Refused(
    dir === undefined
      ? 'Nothing is deployed on this machine: run npm start first.'
      : `There is no ${join(dir, 'local.json')}: give --local the folder that npm start writes to, or put --local last.`,
  );
}
