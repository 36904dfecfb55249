/** A process of a test's own, by what it prints. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Child {
  pid: number;
  lines: string[];
  /** The first line that fits. Throws where it ends without one. */
  said(what: string): Promise<string>;
  /** Once it has ended: its exit code. */
  ended: Promise<number | null>;
  /** kill -9 */
  kill(): Promise<void>;
}

/** Runs a file with this Node, another, or another runtime with its flags. */
export function start(
  file: string,
  args: readonly string[],
  env: Record<string, string>,
  runtime: readonly string[] = [process.execPath],
): Child {
  const [command = '', ...flags] = runtime;
  const child: ChildProcess = spawn(command, [...flags, file, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  const told = () => {
    for (const listener of listeners) listener();
  };
  if (child.stdout)
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line);
      told();
    });
  const ended = once(child, 'close').then(([code]) => {
    told();
    return code as number | null;
  });
  let over = false;
  void ended.then(() => {
    over = true;
    told();
  });
  return {
    pid: child.pid ?? 0,
    lines,
    ended,
    said: (what) =>
      new Promise((done, failed) => {
        const look = () => {
          const found = lines.find((line) => line.includes(what));
          if (found === undefined && !over) return;
          listeners.delete(look);
          if (found === undefined) failed(new Error(`it ended without saying ${what}: ${lines.join(' | ')}`));
          else done(found);
        };
        listeners.add(look);
        look();
      }),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
