/** Arguments that several commands share, checked where they come in. */

import { type Command, InvalidArgumentError } from 'commander';
import { agentNameFits, maxAgentName, maxKeyPart, wholeAddress } from '../../wire/addresses.ts';

export interface Where {
  stack: string;
  region?: string;
  /** `true` or a folder: the deployment of `npm start`. */
  local?: string | true;
  json?: boolean;
}

/** The options that say which deployment is meant, and `--json`. */
export const atDeployment = (command: Command): Command =>
  command
    .option('--stack <name>', 'name of the CloudFormation stack', 'Holdpoint')
    .option('--region <region>', 'AWS region (default: as the AWS CLI has it)')
    .option('--local [dir]', 'the deployment of npm start; dir holds its local.json (default: .holdpoint)')
    .option('--json', 'answer with JSON');

/** A whole number from 1. */
export function wholeOf(given: string): number {
  const number = Number(given);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('A whole number from 1.');
  return number;
}

/** `<org>/<workspace>`. */
export function tenantOf(given: string): string {
  if (given.split('/').length !== 2) throw new InvalidArgumentError('A tenant is org/workspace.');
  try {
    wholeAddress(`${given}/x`, given, 'tenant');
  } catch {
    throw new InvalidArgumentError('A tenant is org/workspace, of letters, digits, dots, dashes and underscores.');
  }
  if (!partsFit(given)) throw new InvalidArgumentError(`Each part of a tenant has at most ${maxKeyPart} characters.`);
  return given;
}

const partsFit = (tenant: string): boolean => tenant.split('/').every((part) => part.length <= maxKeyPart);

/** An agent's whole address: of a bare name with its tenant, or as it was given. */
export function agentOf(given: string, tenant: string | undefined, command: Command): string {
  if (tenant === undefined && given.replace(/^agent:\/\//, '').split('/').length !== 3)
    command.error('An agent is agent://org/workspace/name, or a bare name with --tenant.');
  const address = addressIn(given, tenant ?? '', command);
  if (tenant !== undefined && !address.startsWith(`agent://${tenant}/`))
    command.error(`${address} is not an agent of the tenant ${tenant}.`);
  const [whose, name = ''] = [address.slice('agent://'.length, address.lastIndexOf('/')), address.split('/').at(-1)];
  if (!partsFit(whose) || !agentNameFits(whose, name))
    command.error(
      `An agent's name has at most ${maxAgentName} characters, organisation and workspace ${maxKeyPart} each, all three ${3 * maxKeyPart}.`,
    );
  return address;
}

function addressIn(given: string, tenant: string, command: Command): string {
  try {
    return wholeAddress(given, tenant, 'agent');
  } catch {
    return command.error(`${given} is not an agent's address: agent://org/workspace/name, or a bare name.`);
  }
}
