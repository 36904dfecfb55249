/** `holdpoint keys`: the API keys of agents. */

import { type Command, Option } from 'commander';
import { ownAddress } from '../../wire/addresses.ts';
import { type Scope, scopes } from '../../wire/scopes.ts';
import { agentOf, atDeployment, tenantOf, type Where, wholeOf } from './arguments.ts';
import { answer, columns, Refused, strong } from './outcome.ts';

export function addKeys(program: Command): void {
  const keys = program.command('keys').description('API keys of agents: created, listed, revoked');

  atDeployment(keys.command('create'))
    .description("make an agent's key; its token is shown this once")
    .requiredOption('--tenant <org/workspace>', 'tenant of the agent', tenantOf)
    .requiredOption('--agent <name>', 'name or whole address of the agent')
    .option('--name <text>', 'what the key is for', '')
    .option('--may-decide-as <person>', 'id of a person of the directory whose decisions this key may bring')
    .option('--limit-per-minute <n>', "requests a minute to one endpoint, in place of the deployment's limit", wholeOf)
    .addOption(
      new Option(
        '--scope <scope...>',
        "accounts:manage: makes and ends the tenant's service accounts and keys; decisions:read: reads every decision of the tenant; mesh:control: stops the tenant's agents, and caps what they may use up",
      ).choices(scopes),
    )
    .action(create);
  atDeployment(keys.command('list'))
    .description('list keys, revoked ones too')
    .option('--tenant <org/workspace>', 'only of this tenant', tenantOf)
    .action(list);
  atDeployment(keys.command('revoke'))
    .description('revoke a key for good; the next request with it is refused')
    .argument('<key-id>', 'id of the key, as keys list shows it')
    .action(revoke);
}

interface NewKey {
  tenant: string;
  agent: string;
  name: string;
  mayDecideAs?: string;
  scope?: Scope[];
  limitPerMinute?: number;
}

async function create(options: Where & NewKey, command: Command) {
  const agent = agentOf(options.agent, options.tenant, command);
  if (agent === ownAddress(options.tenant)) command.error(`${agent} is the deployment itself, not an agent.`);
  // As AXP's shapes of accounts and agents have it.
  if (agent.slice(agent.lastIndexOf('/') + 1).length < 2)
    command.error('The name of an agent has 2 characters or more.');
  const { withTarget } = await import('./target.ts');
  const { createKey } = await import('../../adapters/keys.ts');
  const { key, token } = await withTarget(options, ({ client, tables }) =>
    createKey(client, tables.control, {
      tenant: options.tenant,
      agent,
      name: options.name,
      ...(options.mayDecideAs === undefined ? {} : { mayDecideAs: options.mayDecideAs }),
      ...(options.scope === undefined ? {} : { scopes: options.scope }),
      ...(options.limitPerMinute === undefined ? {} : { limitPerMinute: options.limitPerMinute }),
      now: new Date().toISOString(),
    }),
  );
  answer(
    options.json,
    { ...key, token },
    `Key ${key.keyId} of ${agent}:\n\n  ${strong(token)}\n\nIt is shown this once; only its hash is stored. Agents send it as x-api-key.`,
  );
}

async function list(options: Where & { tenant?: string }) {
  const { withTarget } = await import('./target.ts');
  const { listKeys } = await import('../../adapters/keys.ts');
  const keys = await withTarget(options, ({ client, tables }) => listKeys(client, tables.control, options.tenant));
  keys.sort((a, b) => a.tenant.localeCompare(b.tenant) || a.createdAt.localeCompare(b.createdAt));
  const rows = keys.map((key) => [
    key.keyId,
    key.agent,
    key.createdAt,
    key.revokedAt ?? '-',
    key.mayDecideAs ?? '-',
    key.scopes?.join(', ') ?? '-',
    key.name,
  ]);
  answer(
    options.json,
    { keys },
    rows.length === 0
      ? 'There are no keys; holdpoint keys create makes one.'
      : columns(['KEY', 'AGENT', 'CREATED', 'REVOKED', 'DECIDES AS', 'SCOPES', 'NAME'], rows),
  );
}

/** A key's id, also out of its whole token, which must then never be repeated. */
const idIn = (given: string): string =>
  /^(?:hp_(?:sa|scim)_)?([0-9a-f]{16})(?:_[A-Za-z0-9_-]{43})?$/.exec(given)?.[1] ?? '';

async function revoke(given: string, options: Where, command: Command) {
  const keyId = idIn(given);
  if (keyId === '') command.error("A key's id has 16 hex digits; holdpoint keys list shows them.");
  const { withTarget } = await import('./target.ts');
  const { revokeKey } = await import('../../adapters/keys.ts');
  const key = await withTarget(options, async ({ client, tables, name }) => {
    const revoked = await revokeKey(client, tables.control, keyId, new Date().toISOString());
    if (!revoked) throw new Refused(`The ${name} has no key ${keyId}: holdpoint keys list shows those there are.`);
    return revoked;
  });
  answer(options.json, key, `Key ${keyId} of ${key.agent} is revoked since ${key.revokedAt}.`);
}
