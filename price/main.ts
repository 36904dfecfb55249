/** `npm run price`: without options it writes docs/cost.md, with options it prints what a month of such intents costs. */

import { readFileSync, writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { documentOf } from './document.ts';
import { insert, madeOf, path } from './page.ts';
import { regionOf } from './prices.ts';
import { type AskedIn, defaults, reportOf } from './report.ts';

const whole = (given: string): number => {
  if (!/^[1-9]\d*$/.test(given)) throw new InvalidArgumentError('A whole number of at least 1.');
  return Number(given);
};

const share = (given: string): number => {
  const value = given.trim() === '' ? Number.NaN : Number(given);
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('A share is a number from 0 to 1.');
  return value;
};

const region = (given: string) => {
  try {
    return regionOf(given);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
};

type Options = Omit<AskedIn, 'recipients'> & { mailRecipients: number; json?: true };

const program = new Command('npm run price --')
  .description('What a month of intents costs. Without options: writes docs/cost.md, for the defaults below.')
  .option('--intents <number>', 'intents a month', whole, defaults.intents)
  .option('--refunds <share>', 'share of them that are refunds; the others are approvals', share, defaults.refunds)
  .option('--approved <share>', 'share of the refunds that a person approves', share, defaults.approved)
  .option('--denied <share>', 'share of the refunds that policy denies; the rest is allowed', share, defaults.denied)
  .option('--mail-recipients <number>', 'people mailed for each task', whole, defaults.recipients)
  .option('--region <region>', 'a Region of price/prices.json', region, defaults.region)
  .option('--json', 'everything as data')
  .allowExcessArguments(false)
  .parse();

async function main({ json, mailRecipients, ...asked }: Options): Promise<string> {
  const report = await reportOf({ ...asked, recipients: mailRecipients });
  if (json) return JSON.stringify(report, null, 2);
  if (process.argv.length > 2) return documentOf(report);
  writeFileSync(path, insert(readFileSync(path, 'utf8'), madeOf(new Date()), documentOf(report)));
  return 'docs/cost.md is written.';
}

try {
  process.stdout.write(`${await main(program.opts<Options>())}\n`);
} catch (error) {
  program.error((error as Error).message);
}
