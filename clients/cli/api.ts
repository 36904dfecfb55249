/** Commands that speak to a deployment by its API: which one, as whom, and what its refusals mean. */

import type { Command } from 'commander';
import type { HoldpointClient } from '../sdk/index.ts';
import { type At, type Found, findContext, type Session, sessionAt } from './contexts.ts';
import { exitCodes, Refused } from './outcome.ts';

/** The options that say which deployment is meant, and `--json`. */
export const byApi = (command: Command): Command =>
  command
    .option('--context <name>', 'the context that is meant (default: the environment, or the one in use)')
    .option('--local [dir]', 'the deployment of npm start; dir holds its local.json (default: .holdpoint)')
    .option('--json', 'answer with JSON');

export interface Reached {
  client: HoldpointClient;
  context: Found;
  session: Session | undefined;
}

/** A client with the context's key. Throws Refused where it has none. */
export async function asAgent(at: At): Promise<Reached & { apiKey: string }> {
  const context = findContext(at);
  const { apiKey } = context;
  if (apiKey === undefined)
    throw new Refused(
      `${context.name} has no API key: set HOLDPOINT_API_KEY, or add the context again with --key.`,
      exitCodes.denied,
    );
  const { HoldpointClient } = await import('../sdk/index.ts');
  return { client: new HoldpointClient({ baseUrl: context.url, apiKey }), context, session: undefined, apiKey };
}

/** A client as a person: by their session, else by a key that may bring their decisions. Throws Refused where there is neither. */
export async function asPerson(at: At): Promise<Reached> {
  const context = findContext(at);
  const session = sessionAt(context.url);
  if (session === undefined && context.apiKey === undefined)
    throw new Refused(`Nobody is signed in at ${context.url}: holdpoint login does it.`, exitCodes.denied);
  const { HoldpointClient } = await import('../sdk/index.ts');
  // A key beside a session would narrow it to the key's tenant.
  const who = session ? { apiKey: '', session: session.token } : { apiKey: context.apiKey ?? '' };
  return { client: new HoldpointClient({ baseUrl: context.url, ...who }), context, session };
}
