/** `holdpoint doctor`: looks at a deployment from outside and, with AWS credentials, from inside; each finding says what to do. */

import type { Command } from 'commander';
import { atDeployment, type Where } from './arguments.ts';
import { type At, findContext, localName } from './contexts.ts';
import { checkApi } from './doctor-api.ts';
import type { Check, Finding, State } from './finding.ts';
import { answer, bad, exitCodes, good, plain, soft, strong, waits } from './outcome.ts';
import { during } from './progress.ts';

type Options = At & Where & { config: string };

export function addDoctor(program: Command): void {
  atDeployment(program.command('doctor'))
    .description('look at a deployment: address, clock, key and its rights, mail, quotas; each finding with its fix')
    .option('--context <name>', 'the context that is meant (default: the environment, or the one in use)')
    .option('--config <file>', "the deployment's configuration (default: that of this checkout)")
    .action(doctor);
}

async function doctor(options: Options) {
  const findings = await during('Looks at the deployment', async () => [
    ...nodeFinding(),
    ...(await checkApi(options)),
    ...(await checkAws(options)),
  ]);
  const failed = findings.filter(({ state }) => state === 'failed').length;
  if (failed > 0) process.exitCode = exitCodes.failed;
  const count = (state: State) => findings.filter((one) => one.state === state).length;
  answer(
    options.json,
    { ok: failed === 0, findings },
    `${findings.map(lineOf).join('\n')}\n\n${count('ok')} good, ${count('warning')} to know, ${failed} wrong, ${count('skipped')} skipped`,
  );
}

/** Where no credentials are, or nothing is deployed, that is no fault of what is looked at by API. */
async function checkAws(options: Options): Promise<Finding[]> {
  const { checkStack } = await import('./doctor-aws.ts');
  return checkStack(isLocal(options) ? { ...options, local: options.local ?? true } : options);
}

/** Where the context is that of `npm start`, so is the stack, unless another one is named. */
function isLocal(options: Options): boolean {
  if (options.local !== undefined || options.region !== undefined) return options.local !== undefined;
  try {
    return findContext(options).name === localName;
  } catch {
    return false;
  }
}

const oldestMajor = 24;

const nodeFinding = (): Check => {
  const { node } = process.versions;
  const newEnough = Number.parseInt(node, 10) >= oldestMajor;
  return [
    newEnough
      ? { check: 'node', state: 'ok', says: `Node ${node}` }
      : { check: 'node', state: 'warning', says: `Node ${node}`, fix: `Install Node ${oldestMajor} or newer.` },
  ];
};

const marks: Record<State, string> = { ok: good('✔'), warning: waits('!'), failed: bad('✘'), skipped: soft('-') };

const lineOf = ({ check, state, says, fix }: Finding): string =>
  `${marks[state]} ${strong(check.padEnd(14))} ${plain(says)}${fix === undefined ? '' : `\n  ${' '.repeat(14)} ${soft('→')} ${plain(fix)}`}`;
