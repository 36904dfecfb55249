#!/usr/bin/env node
/** The `holdpoint` command. AWS modules are loaded by the commands that need them, never by this file. */

import { Command, CommanderError } from 'commander';
import { addAgents } from './agents.ts';
import { addAudit } from './audit.ts';
import { addCompletion } from './completion.ts';
import { addContext } from './context.ts';
import { addDoctor } from './doctor.ts';
import { addInit } from './init.ts';
import { addIntents } from './intents.ts';
import { addKeys } from './keys.ts';
import { addListen } from './listen.ts';
import { addLogin } from './login.ts';
import { addMcp } from './mcp.ts';
import { errorLine, exitCodeOf, exitCodesInWords, good, sentenceOf, strong } from './outcome.ts';
import { addOverride } from './override.ts';
import manifest from './package.json' with { type: 'json' };
import { addPeople } from './people.ts';
import { addScenarios } from './scenarios.ts';
import { addStops } from './stop.ts';
import { addTasks } from './tasks.ts';
import { addTrigger } from './trigger.ts';
import { addTypes } from './types.ts';

const program = new Command('holdpoint')
  .description('Asks, decides and looks at a Holdpoint deployment, and operates it.')
  .version(manifest.version)
  .exitOverride()
  // Errors are printed in one place, below.
  .configureOutput({ outputError: () => undefined })
  // Commands of commands take this from here.
  .configureHelp({ styleTitle: strong, styleOptionTerm: good, styleSubcommandTerm: good, styleArgumentTerm: good })
  .addHelpText('after', `\nExit codes: ${exitCodesInWords}.`);

program.commandsGroup('Begin:');
addInit(program);
addContext(program);
addLogin(program);
addDoctor(program);
program.commandsGroup('Ask and decide (by API):');
addIntents(program);
addTrigger(program);
addTasks(program);
addScenarios(program);
program.commandsGroup('Agents (by API):');
addAgents(program);
addListen(program);
addMcp(program);
program.commandsGroup('Operate (with AWS credentials):');
addKeys(program);
addStops(program);
addOverride(program);
addTypes(program);
addPeople(program);
addAudit(program);
program.commandsGroup('This command:');
addCompletion(program);

// `holdpoint audit export … | head` closes the pipe early; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

/** Help that was asked for, or shown for want of a subcommand, is already on the screen. */
const shownAlready = ['commander.help', 'commander.helpDisplayed', 'commander.version'];

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  if (!(error instanceof CommanderError && shownAlready.includes(error.code)))
    process.stderr.write(`${process.argv.includes('--json') ? errorLine(error) : sentenceOf(error)}\n`);
}
