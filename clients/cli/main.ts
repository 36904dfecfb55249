/** One run of the command: parses, does it, and says what went wrong in one place. */

import { CommanderError } from 'commander';
import { errorLine, exitCodeOf, sentenceOf } from './outcome.ts';
import { programOf } from './program.ts';

/** Help that was asked for, or shown for want of a subcommand, is already on the screen. */
const shownAlready = ['commander.help', 'commander.helpDisplayed', 'commander.version'];

/** `words` are those after the command's own name. Sets the process's exit code; throws nothing. */
export async function main(words: readonly string[]): Promise<void> {
  try {
    await programOf().parseAsync(words, { from: 'user' });
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    if (!(error instanceof CommanderError && shownAlready.includes(error.code)))
      process.stderr.write(`${words.includes('--json') ? errorLine(error) : sentenceOf(error)}\n`);
  }
}
