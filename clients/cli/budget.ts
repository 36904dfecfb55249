/** `holdpoint budget`: what an agent, or a whole tenant, may use up. */

import { userInfo } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { breachActions, type Metered, type OnBreach } from '../../core/budget.ts';
import { agentOf, atDeployment, tenantOf, type Where } from './arguments.ts';
import { answer } from './outcome.ts';

interface Whose extends Where {
  tenant: string;
  agent?: string;
}

interface Caps extends Whose {
  intentsPerHour?: number;
  intentsPerDay?: number;
  toolCallsPerDay?: number;
  costPerDay?: number;
  moneyPerDay?: Record<string, number>;
  onBreach: OnBreach;
  by: string;
}

export function addBudgets(program: Command): void {
  const budget = program.command('budget').description('what an agent, or a whole tenant, may use up');
  whose(budget.command('set'))
    .description('set caps in place of those before; without any, there are none')
    .option('--intents-per-hour <n>', 'intents that are submitted', countOf)
    .option('--intents-per-day <n>', 'the same by day', countOf)
    .option('--tool-calls-per-day <n>', 'calls of tools with effects', countOf)
    .option('--cost-per-day <usd>', 'what agents report as their cost, and USD that tools move', amountOf)
    .option('--money-per-day <CUR=n...>', 'money that tools move, in minor units: EUR=100000', moneyOf)
    .addOption(new Option('--on-breach <action>', 'what happens over a cap').choices(breachActions).default('block'))
    .option('--by <name>', 'who sets it', userInfo().username)
    .action(set);
  whose(budget.command('show')).description('show the caps, and what is used up of them').action(show);
}

const whose = (command: Command): Command =>
  atDeployment(command)
    .requiredOption('--tenant <org/workspace>', 'the tenant', tenantOf)
    .option('--agent <name>', 'name or whole address of an agent of it; without, the whole tenant is meant');

function amountOf(given: string): number {
  const number = Number(given);
  if (given.trim() === '' || !Number.isFinite(number) || number < 0) throw new InvalidArgumentError('A number from 0.');
  return number;
}

function countOf(given: string): number {
  const number = amountOf(given);
  if (!Number.isSafeInteger(number)) throw new InvalidArgumentError('A whole number from 0.');
  return number;
}

function moneyOf(given: string, before: Record<string, number> = {}): Record<string, number> {
  const [, currency, amount] = /^([A-Z]{3})=(\d+)$/.exec(given) ?? [];
  if (currency === undefined) throw new InvalidArgumentError('A currency and minor units, such as EUR=100000.');
  return { ...before, [currency]: countOf(amount as string) };
}

const targetIn = ({ tenant, agent }: Whose, command: Command): Metered['target'] =>
  agent === undefined ? { kind: 'tenant', id: tenant } : { kind: 'agent', id: agentOf(agent, tenant, command) };

async function set(options: Caps, command: Command) {
  const target = targetIn(options, command);
  const { withTarget } = await import('./target.ts');
  const { setCaps } = await import('../../adapters/stops.ts');
  const { capsIn, wordsOf } = await import('../../wire/mesh.ts');
  const caps = capsIn({
    max_intents_per_hour: options.intentsPerHour,
    max_intents_per_day: options.intentsPerDay,
    max_tool_calls_per_day: options.toolCallsPerDay,
    max_cost_per_day_usd: options.costPerDay,
    max_money_per_day: options.moneyPerDay,
    action_on_breach: options.onBreach,
  });
  const given = { caps, onBreach: options.onBreach, by: options.by, at: new Date().toISOString() };
  await withTarget(options, ({ client, tables }) => setCaps(client, tables, target, given));
  const words = wordsOf(caps, options.onBreach);
  answer(
    options.json,
    { target, policy: words },
    caps.length === 0 ? `${target.id} has no caps.` : `${target.id} from now on:\n${linesOf(words)}`,
  );
}

const linesOf = (words: object): string =>
  Object.entries(words)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `  ${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join('\n');

async function show(options: Whose, command: Command) {
  const target = targetIn(options, command);
  const { withTarget } = await import('./target.ts');
  const { rowOf } = await import('../../adapters/stops.ts');
  const { cellsOf } = await import('../../adapters/budgets.ts');
  const { meteredOf, standing } = await import('../../core/budget.ts');
  const found = await withTarget(options, async ({ client, tables }) => {
    const metered = meteredOf(target, { ...(await rowOf(client, tables, target)) });
    if (!metered) return undefined;
    const now = new Date().toISOString();
    return {
      caps: standing(metered, await cellsOf(client, tables, options.tenant, metered, now), now),
      on_breach: metered.onBreach,
    };
  });
  const lines = found?.caps.map(({ kind, window, used, most }) => `  ${kind} per ${window}: ${used} of ${most}`);
  answer(
    options.json,
    { target, ...(found ?? { caps: [] }) },
    found ? `${target.id} (${found.on_breach}):\n${lines?.join('\n')}` : `${target.id} has no caps.`,
  );
}
