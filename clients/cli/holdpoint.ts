#!/usr/bin/env node
/** The `holdpoint` command. AWS modules are loaded by the commands that need them, never by this file. */

import { Command, CommanderError } from 'commander';
import { addAudit } from './audit.ts';
import { addBudgets } from './budget.ts';
import { addKeys } from './keys.ts';
import { exitCodes, sentenceOf } from './outcome.ts';
import { addOverride } from './override.ts';
import manifest from './package.json' with { type: 'json' };
import { addPeople } from './people.ts';
import { addStops } from './stop.ts';
import { addTypes } from './types.ts';

const program = new Command('holdpoint')
  .description("Operates a Holdpoint deployment: its agents' keys, its stops, its intent types, its audit chains.")
  .version(manifest.version)
  .exitOverride()
  // Errors are printed in one place, below.
  .configureOutput({ outputError: () => undefined })
  .addHelpText(
    'after',
    '\nExit codes: 0 done, 1 refused or failed, 2 not understood, 3 an audit chain does not verify.',
  );
addKeys(program);
addStops(program);
addBudgets(program);
addOverride(program);
addTypes(program);
addPeople(program);
addAudit(program);

// `holdpoint audit export … | head` closes the pipe early; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await program.parseAsync();
} catch (error) {
  const understood = !(error instanceof CommanderError);
  if (understood || error.exitCode !== 0) process.exitCode = understood ? exitCodes.failed : exitCodes.usage;
  // Help that was asked for, or shown for want of a subcommand, is already on the screen.
  if (understood || !['commander.help', 'commander.helpDisplayed', 'commander.version'].includes(error.code)) {
    const sentence = sentenceOf(error);
    const json = process.argv.includes('--json');
    process.stderr.write(`${json ? JSON.stringify({ error: sentence }) : sentence}\n`);
  }
}
