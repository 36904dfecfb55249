/** What can be seen of a deployment with AWS credentials: the stack, what SES lets it send, and the account's quotas. */

import { GetAccountSettingsCommand } from '@aws-sdk/client-lambda';
import {
  GetAccountSendingEnabledCommand,
  GetIdentityVerificationAttributesCommand,
  GetSendQuotaCommand,
} from '@aws-sdk/client-ses';
import type { Config } from '../../infra/config.ts';
import type { Where } from './arguments.ts';
import { type Check, type Finding, failed, ok, skipped, warning } from './finding.ts';
import { Refused, sentenceOf } from './outcome.ts';
import { configPath } from './person.ts';
import { type Target, withTarget } from './target.ts';

/** Mails a day of an account in SES's sandbox. */
const sandboxMailsADay = 200;
/** What SES says where there is no limit. */
const noLimit = -1;
/** SES looks up so many identities at once. */
const identitiesAtOnce = 100;
/** Functions at once that a new account may have; the default is 1,000. */
const newAccountFunctions = 10;

export async function checkStack(options: Where & { config?: string }): Promise<Check> {
  const { readConfig } = await import('../../infra/config.ts');
  let config: Config;
  try {
    config = readConfig(options.config ?? configPath);
  } catch (error) {
    return [failed('config', (error as Error).message, 'Give the file that was deployed with --config.')];
  }
  try {
    return await withTarget(options, async (target) => [
      ok('stack', `${target.name}: ${target.types.join(', ')}`),
      ...(await asked('sending', () => sending(target))),
      ...(await asked('mail', () => mail(target, config, options))),
      ...(await asked('functions', () => functions(target, config))),
    ]);
  } catch (error) {
    const says = sentenceOf(error);
    // Without credentials, or where there is no such stack, there is nothing to look at.
    if (error instanceof Refused)
      return [failed('stack', says, 'npx cdk deploy makes it, npm start one on this machine.')];
    return [skipped('AWS', says)];
  }
}

/** Runs checks; what can't be asked, for want of rights or otherwise, is not looked at. */
async function asked(name: string, check: () => Promise<Check>): Promise<Check> {
  try {
    return await check();
  } catch (error) {
    return [skipped(name, sentenceOf(error))];
  }
}

async function sending({ ses }: Target): Promise<Check> {
  const { Enabled } = await ses.send(new GetAccountSendingEnabledCommand({}));
  if (Enabled !== false) return [ok('sending', 'SES sends for this account')];
  return [
    failed('sending', 'SES has paused sending for this account.', 'Read why in the SES console: Account dashboard.'),
  ];
}

async function mail({ ses }: Target, config: Config, { local }: Where): Promise<Check> {
  const { localSender } = await import('../../local/stack.ts');
  const sender = local === undefined ? config.sender : localSender;
  const { Max24HourSend = 0, SentLast24Hours = 0 } = await ses.send(new GetSendQuotaCommand({}));
  const sandbox = Max24HourSend !== noLimit && Max24HourSend <= sandboxMailsADay;
  const approvers = sandbox ? config.directory.people.map(({ mail: address }) => address) : [];
  const verified = await verifiedOf(ses, [...new Set([sender, ...approvers].flatMap(identitiesOf))]);
  const isVerified = (address: string) => identitiesOf(address).some((identity) => verified.has(identity));
  const unverified = approvers.filter((address) => !isVerified(address));
  return [
    quotaFinding(SentLast24Hours, Max24HourSend),
    isVerified(sender)
      ? ok('sender', `${sender} is verified`)
      : failed('sender', `${sender} is not verified.`, identityFix(sender)),
    sandboxFinding(sandbox, unverified),
  ];
}

function quotaFinding(sent: number, most: number): Finding {
  if (most === noLimit) return ok('mail', `${sent} mails sent in 24 hours, without a limit`);
  const says = `${sent} of ${most} mails sent in 24 hours`;
  if (sent < most) return ok('mail', says);
  return failed('mail', `${says}: SES takes no more now.`, 'Ask for more: SES console, Account dashboard; or wait.');
}

const identityFix = (address: string): string =>
  `aws sesv2 create-email-identity --email-identity ${address}, and follow its mail.`;

function sandboxFinding(sandbox: boolean, unverified: string[]): Finding {
  if (!sandbox) return ok('sandbox', 'The account is out of the SES sandbox');
  const fix = 'Ask for production access: SES console, Account dashboard. For a trial verify each approver.';
  const says = `The account is in the SES sandbox: ${sandboxMailsADay} mails a day, to verified addresses only.`;
  if (unverified.length === 0) return warning('sandbox', `${says} All approvers are verified.`, fix);
  return failed(
    'sandbox',
    `${says} Not verified: ${unverified.join(', ')}.`,
    `${fix} ${identityFix(unverified[0] ?? '')}`,
  );
}

/** An address is verified itself, or by its domain. */
const identitiesOf = (address: string): string[] => [address, address.slice(address.indexOf('@') + 1)];

async function verifiedOf(ses: Target['ses'], identities: string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let first = 0; first < identities.length; first += identitiesAtOnce) {
    const Identities = identities.slice(first, first + identitiesAtOnce);
    const { VerificationAttributes = {} } = await ses.send(
      new GetIdentityVerificationAttributesCommand({ Identities }),
    );
    for (const [identity, { VerificationStatus }] of Object.entries(VerificationAttributes))
      if (VerificationStatus === 'Success') found.add(identity);
  }
  return found;
}

async function functions({ lambda }: Target, { streams }: Config): Promise<Check> {
  const { AccountLimit } = await lambda.send(new GetAccountSettingsCommand({}));
  const { ConcurrentExecutions, UnreservedConcurrentExecutions } = AccountLimit ?? {};
  if (ConcurrentExecutions === undefined) return [skipped('functions', 'Lambda tells no quota.')];
  const fix = 'Ask for more: Service Quotas, AWS Lambda, Concurrent executions.';
  const says = `${ConcurrentExecutions} functions at once, ${UnreservedConcurrentExecutions ?? ConcurrentExecutions} of them not reserved`;
  if (ConcurrentExecutions <= newAccountFunctions) return [failed('functions', `${says}: a new account's quota.`, fix)];
  // Requests that wait hold a function each; approvals and steps need some besides.
  if (ConcurrentExecutions < streams.held * 2)
    return [warning('functions', `${says}; streams.held is ${streams.held}.`, `${fix} Or lower streams.held.`)];
  return [ok('functions', says)];
}
