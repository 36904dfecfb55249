/** Every command stands in docs/cli.md with an example, and every example of any document is one that the command takes. */

import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { programOf } from '../../clients/cli/program.ts';
import { codeBlocks, documents, textOf } from './markdown.ts';

/** Each command that does something, by its words. */
function leaves(command: Command, path: string[] = []): { path: string; command: Command }[] {
  if (command.commands.length === 0) return [{ path: path.join(' '), command }];
  return command.commands.flatMap((one) => leaves(one, [...path, one.name()]));
}

/** The lines of a document that run this command, without what the shell does with them. */
const examplesIn = (path: string): string[] =>
  codeBlocks(path)
    .flatMap(({ code }) => code.split('\n'))
    .flatMap((line) => /(?:^\$ |^|<\()npx holdpoint (.*)$/.exec(line)?.[1] ?? [])
    .map((line) => line.replace(/ (?:\||>|<) .*$|\)$/, '').replace(/ +#.*$/, ''));

/** Words as a shell makes them of quotes. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)].map(([word]) =>
    word.replaceAll(/['"]((?:[^'"]|(?<=\{[^}]*)["'])*)['"]/g, '$1'),
  );

/** The command that an example comes to, with its arguments taken; nothing is done. Throws CommanderError. */
async function commandOf(line: string): Promise<string> {
  const program = programOf();
  let found = '';
  for (const { path, command } of leaves(program))
    command.action(() => {
      found = path;
    });
  await program.parseAsync(wordsOf(line), { from: 'user' });
  return found;
}

const all = documents.flatMap((path) => examplesIn(path).map((line) => ({ path, line })));

it.each(all)('$path: holdpoint $line', async ({ line }) => {
  expect(await commandOf(line)).not.toBe('');
});

describe('docs/cli.md', () => {
  it('has an example of every command', async () => {
    const shown = new Set(await Promise.all(examplesIn('docs/cli.md').map(commandOf)));
    const missing = leaves(programOf()).filter(({ path }) => !shown.has(path));
    expect(missing.map(({ path }) => path)).toEqual([]);
  });

  it('has every exit code', async () => {
    const { exitCodes } = await import('../../clients/cli/outcome.ts');
    const rows = [...textOf('docs/cli.md').matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(rows).toEqual(Object.values(exitCodes));
  });
});
