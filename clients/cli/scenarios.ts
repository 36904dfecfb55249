/** `holdpoint scenarios`: a bundle of agents, people and steps, checked and carried out. */

import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { HoldpointClient, Scenario } from '../sdk/index.ts';
import { asAgent, byApi } from './api.ts';
import { stdinText } from './ask.ts';
import type { At } from './contexts.ts';
import { fileText, parsed } from './given.ts';
import { checkKeyFile, keepKey } from './key-file.ts';
import { answer, exitCodes, note, plain, Refused, sentenceOf, strong } from './outcome.ts';
import { watchIntent } from './watch.ts';

const keyFileByDefault = (): string =>
  join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'holdpoint', 'agent-keys.json');

export function addScenarios(program: Command): void {
  const scenarios = program.command('scenarios').description('bundles of agents, people and steps');
  const one = (name: string) => byApi(scenarios.command(name)).argument('<file>', 'the bundle as JSON; - is stdin');
  one('validate').description('check a bundle; changes nothing').action(validate);
  one('apply')
    .description('make its agents, and start it')
    .option(
      '--key-file <path>',
      "where new agents' keys are put, mode 0600 (default: agent-keys.json beside the contexts)",
    )
    .option('--idempotency-key <key>', 'a key of yours: the same one starts it once')
    .option('--watch', 'then watch it until it ends')
    .action(apply);
}

/** What it holds, the deployment judges. */
async function bundleIn(file: string): Promise<Scenario> {
  const text = file === '-' ? await stdinText() : fileText(file, 'The bundle');
  const value = parsed(text, file);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as unknown as Scenario;
  throw new Refused(`${file} is no bundle: a JSON object with scenario_id and intent.`, exitCodes.usage);
}

const saying = (one: unknown): string =>
  plain(typeof one === 'string' ? one : ((one as { message?: string }).message ?? JSON.stringify(one)));

async function validate(file: string, options: At) {
  const bundle = await bundleIn(file);
  const { client } = await asAgent(options);
  const found = await client.scenarios.validate(bundle);
  if (!found.valid) process.exitCode = exitCodes.failed;
  const lines = [
    `${strong(found.valid ? 'Valid' : 'NOT valid')}  ${file}`,
    ...found.errors.map((one) => `  ${saying(one)}`),
    ...found.warnings.map((one) => `  Warning: ${saying(one)}`),
  ];
  answer(options.json, found, lines.join('\n'));
}

async function apply(file: string, options: At & { keyFile?: string; idempotencyKey?: string; watch?: true }) {
  const bundle = await bundleIn(file);
  const { client } = await asAgent(options);
  const keyFile = options.keyFile ?? keyFileByDefault();
  const { idempotencyKey } = options;
  const applied = await client.scenarios.apply(bundle, { idempotencyKey });
  const kept = await keepKeys(client, applied.agents_provisioned ?? [], keyFile);
  if (options.watch) {
    for (const line of [applied.intent_id, ...kept.map((agent) => `Key of ${agent}: ${keyFile}`)]) note(line);
    return watchIntent(client, applied.intent_id, 0, options);
  }
  answer(
    options.json,
    { ...applied, ...(kept.length > 0 ? { keys_of: kept, key_file: keyFile } : {}) },
    [
      `${strong(applied.intent_id)} runs; holdpoint intents watch follows it.`,
      ...(kept.length > 0 ? [`Keys of ${kept.join(', ')} are in ${keyFile}, which you alone can read.`] : []),
    ].join('\n'),
  );
}

/**
 * A key for each agent that was made just now, kept before the next is made. Gives whose. What fails here is said, and the
 * scenario runs all the same.
 */
async function keepKeys(client: HoldpointClient, made: string[], file: string): Promise<string[]> {
  const kept: string[] = [];
  for (const address of made)
    try {
      // The same bundle again names the same agents.
      if (checkKeyFile(file).includes(address)) continue;
      const { service_account_id: account } = await client.agents.get(address);
      const path = `/v1/service-accounts/${account}/keys`;
      const { key } = await client.request<{ key: { token: string } }>({ method: 'POST', path, body: {} });
      keepKey(file, address, key.token);
      kept.push(address);
    } catch (error) {
      process.exitCode = exitCodes.failed;
      note(`${address} has no key yet: ${sentenceOf(error)} holdpoint agents keys create ${address} makes one.`);
    }
  return kept;
}
