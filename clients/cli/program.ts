/** All commands. Each file of a noun adds its own; nothing is loaded that a command does not need. */

import { Command } from 'commander';
import { addAgents } from './agents.ts';
import { addAudit } from './audit.ts';
import { addBudgets } from './budget.ts';
import { addCompletion } from './completion.ts';
import { addContext } from './context.ts';
import { addDoctor } from './doctor.ts';
import { addInit } from './init.ts';
import { addIntents } from './intents.ts';
import { addKeys } from './keys.ts';
import { addListen } from './listen.ts';
import { addLogin } from './login.ts';
import { addMcp } from './mcp.ts';
import { exitCodesInWords, good, strong } from './outcome.ts';
import { addOverride } from './override.ts';
import manifest from './package.json' with { type: 'json' };
import { addPeople } from './people.ts';
import { addScenarios } from './scenarios.ts';
import { addStops } from './stop.ts';
import { addTasks } from './tasks.ts';
import { addTrigger } from './trigger.ts';
import { addTypes } from './types.ts';

/** The program, ready to parse. Errors are thrown, not printed. */
export function programOf(): Command {
  const program = new Command('holdpoint')
    .description('Asks, decides and looks at a Holdpoint deployment, and operates it.')
    .version(manifest.version)
    .exitOverride()
    // Errors are printed in one place: holdpoint.ts.
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
  addBudgets(program);
  addOverride(program);
  addTypes(program);
  addPeople(program);
  addAudit(program);
  program.commandsGroup('This command:');
  addCompletion(program);
  return program;
}
