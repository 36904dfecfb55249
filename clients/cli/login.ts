/** `holdpoint login` and `logout`: a person's session, for deciding at the command line. */

import type { Command } from 'commander';
import { byApi } from './api.ts';
import { ask } from './ask.ts';
import { type At, findContext, keepSession, sessionAt } from './contexts.ts';
import { answer, exitCodes, note, Refused } from './outcome.ts';

interface Begun {
  sign_in: string;
  expires_in_seconds: number;
}
interface SignedIn {
  session_token: string;
  expires_at: string;
  person: { id: string; name: string };
}

/** A mistyped code may be typed again; after five the deployment takes none. */
const tries = 3;

export function addLogin(program: Command): void {
  byApi(program.command('login'))
    .description('sign in as a person of the directory, by a code that is mailed to them')
    .option('--mail <address>', 'your mail address (default: it is asked for)')
    .addHelpText(
      'after',
      '\nThe session lasts eight hours, in a file that you alone can read. The code is read from stdin.',
    )
    .action(login);
  byApi(program.command('logout')).description('end that session').action(logout);
}

async function login(options: At & { mail?: string }) {
  const { url } = findContext(options);
  const mail = options.mail ?? (await ask('Your mail address: '));
  const { HoldpointClient, InvalidInputError } = await import('../sdk/index.ts');
  // These calls are open to everybody, and read no key.
  const client = new HoldpointClient({ baseUrl: url, apiKey: 'none' });
  const begun = await client.request<Begun>({ method: 'POST', path: '/v1/sign-in', body: { mail }, once: true });
  note(
    `If ${mail} is in the directory, a code is on its way there. It is good for ${begun.expires_in_seconds / 60} minutes.`,
  );
  for (let left = tries; ; left -= 1) {
    const body = { sign_in: begun.sign_in, code: await ask('Code: ') };
    try {
      const found = await client.request<SignedIn>({ method: 'POST', path: '/v1/sign-in/code', body });
      return signedIn(url, found, options);
    } catch (error) {
      if (!(error instanceof InvalidInputError) || left === 1 || !process.stdin.isTTY) throw error;
      note(error.message);
    }
  }
}

function signedIn(url: string, found: SignedIn, { json }: At): void {
  const { session_token: token, expires_at: expiresAt, person } = found;
  keepSession(url, { token, expiresAt, person });
  answer(
    json,
    { url, person, expires_at: expiresAt },
    `Signed in at ${url} as ${person.name} (${person.id}) until ${expiresAt}.`,
  );
}

async function logout(options: At) {
  const { url } = findContext(options);
  const session = sessionAt(url);
  if (session === undefined) throw new Refused(`Nobody is signed in at ${url}.`, exitCodes.notFound);
  const { HoldpointClient, AuthError } = await import('../sdk/index.ts');
  const client = new HoldpointClient({ baseUrl: url, apiKey: '', session: session.token });
  try {
    await client.request({ method: 'POST', path: '/v1/sign-out' });
  } catch (error) {
    // Over already, which is what is wanted.
    if (!(error instanceof AuthError)) throw error;
  }
  keepSession(url, undefined);
  answer(options.json, { url, signed_out: session.person.id }, `${session.person.name} is signed out at ${url}.`);
}
