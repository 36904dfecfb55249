/** `npm run price`: what a month of intents costs. `--write` puts the answer for the default arguments into docs/cost.md. */

import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { documentOf } from './document.ts';
import { insert, path } from './page.ts';
import { regionOf } from './prices.ts';
import { defaults, reportOf } from './report.ts';

const { values } = parseArgs({
  options: {
    intents: { type: 'string', default: String(defaults.intents) },
    refunds: { type: 'string', default: String(defaults.refunds) },
    approved: { type: 'string', default: String(defaults.approved) },
    denied: { type: 'string', default: String(defaults.denied) },
    'mail-recipients': { type: 'string', default: String(defaults.recipients) },
    region: { type: 'string', default: defaults.region },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

function number(name: 'intents' | 'refunds' | 'approved' | 'denied' | 'mail-recipients', least: number): number {
  const value = Number(values[name]);
  if (!(value >= least)) throw new Error(`--${name} is a number of at least ${least}.`);
  return value;
}

async function main(): Promise<string> {
  const region = regionOf(values.region);
  const asked = {
    intents: number('intents', 1),
    refunds: number('refunds', 0),
    approved: number('approved', 0),
    denied: number('denied', 0),
    recipients: Math.trunc(number('mail-recipients', 1)),
  };
  const report = await reportOf(values.write ? defaults : { ...asked, region });
  if (!values.write) return values.json ? JSON.stringify(report, null, 2) : documentOf(report);
  writeFileSync(path, insert(readFileSync(path, 'utf8'), documentOf(report)));
  return 'docs/cost.md is written.';
}

try {
  process.stdout.write(`${await main()}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
