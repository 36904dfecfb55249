/** `holdpoint agents`: the tenant's agents, their service accounts and keys, and what was delivered to them. */

import type { Command } from 'commander';
import type { HoldpointClient } from '../sdk/index.ts';
import { asAgent, byApi } from './api.ts';
import { confirmed } from './ask.ts';
import type { At } from './contexts.ts';
import { checkKeyFile, keepKey } from './key-file.ts';
import { answer, columns, exitCodes, facts, plain, Refused, statusWord, strong } from './outcome.ts';

interface Account {
  service_account_id: string;
  name: string;
  agent_address?: string;
  description: string | null;
  status: string;
  created_at: string;
}
interface Key {
  key_id: string;
  token: string;
  expires_at: string | null;
}

export function addAgents(program: Command): void {
  const agents = program
    .command('agents')
    .description("the tenant's agents; making them needs a key with accounts:manage");
  const one = (parent: Command, name: string) =>
    byApi(parent.command(name)).argument('<agent>', "the agent's name or address");

  byApi(agents.command('list')).description('list them').action(list);
  one(agents, 'show').description('show one').action(show);
  byApi(agents.command('create'))
    .description('make a service account, and its first key')
    .argument('<name>', 'the last part of its address')
    .option('--display-name <text>', 'a name for people')
    .option('--description <text>', 'what it is for')
    .option('--no-key', 'without a key')
    .option('--key-file <path>', 'put the key into this file (mode 0600) instead of showing it')
    .action(create);
  one(agents, 'remove')
    .description('end it for good, and revoke all its keys')
    .option('--yes', 'without being asked again: for scripts')
    .action(remove);
  one(agents, 'mailbox')
    .description('list what was delivered to it and waits; its own key is needed')
    .option('--since <n>', 'only after this number', Number, 0)
    .option('--limit <n>', 'at most so many (1 to 100)', Number, 50)
    .action(mailbox);

  const keys = agents.command('keys').description("an agent's API keys: created, revoked");
  one(keys, 'create')
    .description('make a key; it is shown this once')
    .option('--expires <time>', 'ISO 8601 with zone')
    .option('--key-file <path>', 'put it into this file (mode 0600) instead of showing it')
    .action(createKey);
  one(keys, 'revoke').description('revoke a key for good').argument('<key-id>', 'its id').action(revokeKey);
}

async function list(options: At) {
  const { client } = await asAgent(options);
  const agents = await client.agents.list();
  const rows = agents.map((one) => [
    one.address,
    statusWord(one.status),
    plain(one.display_name ?? '-'),
    one.created_at.slice(0, 19).replace('T', ' '),
  ]);
  answer(
    options.json,
    { agents },
    rows.length === 0 ? 'There are none.' : columns(['AGENT', 'STATUS', 'NAME', 'CREATED (UTC)'], rows),
  );
}

async function show(given: string, options: At) {
  const { client } = await asAgent(options);
  const agent = await client.agents.get(given);
  answer(
    options.json,
    agent,
    facts([
      ['agent', strong(agent.address)],
      ['status', statusWord(agent.status)],
      ['name', agent.display_name === null ? undefined : plain(agent.display_name)],
      ['account', agent.service_account_id],
      ['created', agent.created_at],
      ['updated', agent.updated_at],
    ]),
  );
}

const accounts = '/v1/service-accounts';

/** The account of an agent, by its name or address. Throws ApiError. */
const accountOf = async (client: HoldpointClient, given: string): Promise<string> =>
  /^sa_[0-9a-f]{16}$/.test(given) ? given : (await client.agents.get(given)).service_account_id;

const newKey = async (client: HoldpointClient, account: string, body: object = {}): Promise<Key> =>
  (await client.request<{ key: Key }>({ method: 'POST', path: `${accounts}/${account}/keys`, body })).key;

const shownOnce = (key: Key, file: string | undefined): string =>
  file === undefined
    ? `Key ${key.key_id}:\n\n  ${strong(key.token)}\n\nIt is shown this once.`
    : `Key ${key.key_id} is in ${file}, which you alone can read.`;

/** What `--json` says of a key: its token only where no file has it. */
const keyOut = ({ token, ...key }: Key, file: string | undefined): object =>
  file === undefined ? { ...key, token } : { ...key, key_file: file };

async function create(
  name: string,
  options: At & { displayName?: string; description?: string; key: boolean; keyFile?: string },
) {
  const { client } = await asAgent(options);
  const { displayName: display_name, description, keyFile } = options;
  if (keyFile !== undefined) checkKeyFile(keyFile);
  const body = { name, ...(display_name ? { display_name } : {}), ...(description ? { description } : {}) };
  const call = { method: 'POST', path: accounts, body } as const;
  const { service_account: made } = await client.request<{ service_account: Account }>(call);
  const key = options.key ? await newKey(client, made.service_account_id) : undefined;
  if (key && keyFile !== undefined) keepKey(keyFile, made.agent_address ?? name, key.token);
  answer(
    options.json,
    { service_account: made, ...(key ? { key: keyOut(key, keyFile) } : {}) },
    `${strong(made.agent_address ?? name)} is made (${made.service_account_id}).${key ? `\n${shownOnce(key, keyFile)}` : ''}`,
  );
}

async function remove(given: string, options: At & { yes?: true }) {
  const { client } = await asAgent(options);
  const account = await accountOf(client, given);
  if (!(await confirmed(`End ${given} (${account}) and all its keys, for good?`, options.yes)))
    throw new Refused('Nothing was changed.');
  const call = { method: 'DELETE', path: `${accounts}/${account}` } as const;
  const { service_account: ended } = await client.request<{ service_account: Account }>(call);
  answer(options.json, ended, `${given} is ended; its keys are revoked.`);
}

async function mailbox(given: string, options: At & { since: number; limit: number }) {
  const { client } = await asAgent(options);
  const { since, limit } = options;
  const page = await client.agents.mailbox(given, { since, limit });
  const rows = page.intents.map((one) => [
    String(one.seq),
    one.intent_id,
    one.intent_type,
    statusWord(one.status),
    one.from_agent.replace('agent://', ''),
    one.at.slice(0, 19).replace('T', ' '),
  ]);
  answer(
    options.json,
    page,
    rows.length === 0 ? 'Nothing waits there.' : columns(['SEQ', 'INTENT', 'TYPE', 'STATUS', 'FROM', 'AT (UTC)'], rows),
  );
}

async function createKey(given: string, options: At & { expires?: string; keyFile?: string }) {
  const { client } = await asAgent(options);
  const { expires, keyFile } = options;
  if (keyFile !== undefined) checkKeyFile(keyFile);
  const key = await newKey(client, await accountOf(client, given), expires ? { expires_at: expires } : {});
  if (keyFile !== undefined) keepKey(keyFile, given, key.token);
  answer(options.json, keyOut(key, keyFile), shownOnce(key, keyFile));
}

async function revokeKey(given: string, keyId: string, options: At) {
  if (!/^[0-9a-f]{16}$/.test(keyId)) throw new Refused("A key's id has 16 hex digits.", exitCodes.usage);
  const { client } = await asAgent(options);
  const path = `${accounts}/${await accountOf(client, given)}/keys/${keyId}/revoke`;
  const { key } = await client.request<{ key: { key_id: string; revoked_at: string } }>({ method: 'POST', path });
  answer(options.json, key, `Key ${key.key_id} is revoked since ${key.revoked_at}.`);
}
