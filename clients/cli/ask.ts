/** Questions to whoever sits at the keyboard, on stderr: the answer of a command stays alone on stdout. */

import { createInterface } from 'node:readline/promises';
import { exitCodes, Refused } from './outcome.ts';

/** One line from the keyboard, or from what is piped in. Throws Refused at its end, and at Ctrl-C. */
export async function ask(question: string): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new Promise<never>((_, reject) => {
    reader.on('SIGINT', () => reject(new Refused('Interrupted; nothing was done.', exitCodes.interrupted)));
    reader.on('close', () => reject(new Refused('No answer came on stdin; nothing was done.', exitCodes.usage)));
  });
  try {
    return (await Promise.race([reader.question(question), ended])).trim();
  } finally {
    ended.catch(() => undefined);
    reader.close();
  }
}

/** Whether it is wanted. `yes`: as `--yes` said. Throws Refused where nobody can be asked, since a pipe agrees to nothing. */
export async function confirmed(question: string, yes: boolean | undefined): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new Refused('Nothing was done: there is no terminal to ask at, and --yes was not given.', exitCodes.usage);
  return /^y(es)?$/i.test(await ask(`${question} [y/N] `));
}

/** All of stdin as text. */
export async function stdinText(): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
