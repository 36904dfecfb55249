/** `holdpoint stop`, `resume`, `stops`: the kill switch. */

import { userInfo } from 'node:os';
import { Argument, type Command } from 'commander';
import { type StopTarget, stopKey } from '../../core/stops.ts';
import { agentOf, atDeployment, tenantOf, type Where } from './arguments.ts';
import { answer, columns, Refused } from './outcome.ts';
import type { Target } from './target.ts';

type Kind = StopTarget['kind'];
type Aimed = Where & { tenant?: string };

const kinds: Kind[] = ['everything', 'tenant', 'type', 'agent', 'tool'];

export function addStops(program: Command): void {
  aimed(program.command('stop'))
    .description('stop an agent, a tool, an intent type, a tenant, or everything; at once')
    .requiredOption('--reason <text>', 'why, for whoever finds it stopped')
    .option('--by <name>', 'who stops it', userInfo().username)
    .option('--unknown', 'stop it even if this deployment does not know it')
    .action(stop);
  aimed(program.command('resume'))
    .description('lift that stop')
    .option('--by <name>', 'who lifts it', userInfo().username)
    .action(resume);
  atDeployment(program.command('stops')).description('list the stops that stand').action(stops);
}

const aimed = (command: Command): Command =>
  atDeployment(command)
    .addArgument(new Argument('<what>', 'what is meant').choices(kinds))
    .argument('[id]', 'org/workspace, name of the type or tool, or address of the agent')
    .option('--tenant <org/workspace>', 'tenant of an agent that is given by its bare name', tenantOf);

async function targetIn(kind: Kind, id: string | undefined, options: Aimed, command: Command): Promise<StopTarget> {
  if (options.tenant !== undefined && kind !== 'agent')
    command.error(`--tenant goes with an agent's bare name; ${kind} means all tenants unless you say tenant.`);
  if (kind === 'everything') return id === undefined ? { kind } : command.error('Everything takes no id.');
  if (id === undefined || id === '') return command.error(`Say which ${kind}.`);
  if (kind === 'agent') return { kind, id: agentOf(id, options.tenant, command) };
  if (kind === 'tenant') return { kind, id: tenantIn(id, command) };
  if (kind === 'tool') return { kind, id };
  const { intentTypeOf } = await import('../../intents/index.ts');
  return { kind, id: intentTypeOf(id)?.type ?? id };
}

function tenantIn(id: string, command: Command): string {
  try {
    return tenantOf(id);
  } catch (error) {
    return command.error((error as Error).message);
  }
}

/** A stop on a misspelt name would stand and hold nothing back: refused, unless it is meant. */
async function requireKnown(target: StopTarget, { client, tables, types, name }: Target): Promise<void> {
  if (target.kind === 'everything') return;
  const known = new Set<string>();
  if (target.kind === 'type') for (const type of types) known.add(type);
  else if (target.kind === 'tool') {
    // Only tools with effects ask for stops; reading goes on.
    const { intentTypes } = await import('../../intents/index.ts');
    for (const type of intentTypes) if (type.shape === 'action') for (const tool of type.tools) known.add(tool.name);
  } else {
    const { listKeys } = await import('../../adapters/keys.ts');
    for (const key of await listKeys(client, tables.control)) known.add(key[target.kind]);
  }
  if (known.has(target.id)) return;
  const [what, those] = {
    type: ['intent type', `it has ${[...known].join(', ')}`],
    tool: ['tool with effects', `it has ${[...known].join(', ')}`],
    agent: ['agent with a key', 'holdpoint keys list shows them'],
    tenant: ['tenant with a key', 'holdpoint keys list shows them'],
  }[target.kind];
  throw new Refused(
    `Nothing was stopped: ${name} has no ${what} ${target.id} (${those}); --unknown stops it all the same.`,
  );
}

const named = (target: StopTarget): string =>
  target.kind === 'everything' ? 'everything' : `${target.kind} ${target.id}`;

const effectOf = ({ kind }: StopTarget): string =>
  kind === 'tool'
    ? 'From now on no call of it starts.'
    : 'From now on what it covers is not taken in, not decided, and starts no tool call.';

async function stop(
  kind: Kind,
  id: string | undefined,
  options: Aimed & { reason: string; by: string; unknown?: true },
  command: Command,
) {
  const target = await targetIn(kind, id, options, command);
  if (options.reason.trim() === '') command.error('Give a reason: somebody will find it stopped and ask.');
  const { withTarget } = await import('./target.ts');
  const { setStop } = await import('../../adapters/stops.ts');
  const given = { reason: options.reason, by: options.by, at: new Date().toISOString() };
  await withTarget(options, async (at) => {
    if (!options.unknown) await requireKnown(target, at);
    await setStop(at.client, at.tables, target, given);
  });
  answer(
    options.json,
    { stopped: target, ...given },
    `Stopped: ${named(target)}.\n${effectOf(target)} Calls that are already out are settled.\nholdpoint resume ${named(target)} lifts it.`,
  );
}

async function resume(kind: Kind, id: string | undefined, options: Aimed & { by: string }, command: Command) {
  const target = await targetIn(kind, id, options, command);
  const { withTarget } = await import('./target.ts');
  const { liftStop, listStops } = await import('../../adapters/stops.ts');
  const { stood, others } = await withTarget(options, async ({ client, tables }) => ({
    stood: await liftStop(client, tables, target, { by: options.by, at: new Date().toISOString() }),
    others: await listStops(client, tables.control),
  }));
  const still = others.length === 0 ? '' : `\nOther stops stand (${others.length}): holdpoint stops lists them.`;
  answer(
    options.json,
    { resumed: target, stood: stood !== undefined },
    `${stood ? `Resumed: ${named(target)}.` : `There was no stop on ${named(target)}; nothing changed.`}${still}`,
  );
}

/** A stop's row says its target as its key: `stop#<kind>#<id>`. */
function targetOfKey(key: string): StopTarget {
  const [, kind, id = ''] = /^stop#([^#]+)(?:#(.*))?$/s.exec(key) ?? [];
  return key === stopKey({ kind: 'everything' }) ? { kind: 'everything' } : ({ kind, id } as StopTarget);
}

async function stops(options: Where) {
  const { withTarget } = await import('./target.ts');
  const { listStops } = await import('../../adapters/stops.ts');
  const found = await withTarget(options, ({ client, tables }) => listStops(client, tables.control));
  const standing = found
    .map(({ target, by, reason, at }) => ({ ...targetOfKey(target), by, reason, at }))
    .sort((a, b) => a.at.localeCompare(b.at));
  answer(
    options.json,
    { stops: standing },
    standing.length === 0
      ? 'No stop stands.'
      : columns(
          ['STOPPED', 'SINCE', 'BY', 'REASON'],
          standing.map((stop) => [named(stop), stop.at, stop.by, stop.reason]),
        ),
  );
}
