/** Runs the CLI as a person would: in a process of its own. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll } from 'vitest';

export const cli = join(import.meta.dirname, '..', '..', 'clients', 'cli');

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

interface Options {
  /** The whole environment, next to PATH. */
  env?: Record<string, string>;
  stdin?: string | Uint8Array;
  /** Arguments of Node itself. */
  node?: string[];
  file?: string;
}

/** Nothing of the machine's own AWS configuration, and no waiting for the metadata of an instance that isn't one. */
export const noAws = {
  HOME: '/nonexistent',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/nonexistent/config',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
  // Compiling itself is most of what a command does: where that is kept, it starts in half the time.
  NODE_COMPILE_CACHE: join(import.meta.dirname, '..', '..', '.holdpoint', 'compile-cache'),
};

export const holdpoint = (args: string[], options: Options = {}): Promise<Ran> => {
  const { child, ended } = started(args, options);
  child.stdin.end(options.stdin ?? '');
  return ended;
};

/** A command that goes on: its process, what it has said so far, and how it ends. */
export function started(args: string[], options: Omit<Options, 'stdin'> = {}) {
  const { env = noAws, node = [], file = join(cli, 'holdpoint.ts') } = options;
  return running(process.execPath, [...node, file, ...args], env);
}

/** Why no command can be run at a terminal here; undefined where it can. */
export const noTerminal = /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '')
  ? undefined
  : 'There is no script of util-linux here: what a terminal shows is not tested.';

/** A command at a terminal of its own: what it says on stdout and on stderr comes together, and its stdin is the keyboard. */
export function atTerminal(args: string[], env: Record<string, string>) {
  const words = [process.execPath, join(cli, 'holdpoint.ts'), ...args].map(
    (word) => `'${word.replaceAll("'", `'\\''`)}'`,
  );
  return running('script', ['-qec', words.join(' '), '/dev/null'], {
    TERM: 'xterm-256color',
    SHELL: '/bin/sh',
    ...env,
  });
}

/** Those that have not ended; what a failed test leaves behind ends with its file. */
const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill();
});

function running(command: string, args: string[], env: Record<string, string>) {
  const child = spawn(command, args, { env: { PATH: process.env.PATH ?? '', ...env } });
  children.add(child);
  child.on('close', () => children.delete(child));
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk) => out.push(chunk));
  child.stderr.on('data', (chunk) => err.push(chunk));
  // A command that ends without reading its input is no failure of the test.
  child.stdin.on('error', () => undefined);
  const said = () => ({ stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...said() }));
  });
  return { child, said, ended };
}
