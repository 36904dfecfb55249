/** Child processes of the local stack: started with a log file, watched for a line, stopped by their own id. */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';

export type Child = {
  pid: number;
  /** Resolves with the first group of `pattern` once a line of output matches; rejects with the last lines if the process ends before. */
  line(pattern: RegExp): Promise<string>;
  /** Resolves with the exit code when the process ends (null if a signal ended it). */
  exited: Promise<number | null>;
  /** The last lines of output. */
  tail(): string;
  /** SIGTERM, then waits for the exit; SIGKILL after `graceSeconds`. Does nothing if it already ended. */
  stop(): Promise<void>;
  /** SIGKILL, then waits for the exit. */
  kill(): Promise<void>;
};

export type ChildOptions = {
  cwd?: string;
  /** The whole environment; the default is this process's own. */
  env?: Record<string, string>;
  /** File to which all output is appended. */
  log?: string;
  /** Holds the child's stdin open, so that a child that watches it ends when this process is gone, however it went. */
  tieToParent?: boolean;
  graceSeconds?: number;
};

const tailLines = 40;
// Some programs print minified sources before an error.
const tailLineCharacters = 500;

/** Starts a process in a group of its own, so that a Ctrl-C in the terminal reaches only the one who stops the children in order. */
export function spawnChild(command: string, args: string[], options: ChildOptions = {}): Child {
  const process_ = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: [options.tieToParent ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const log = options.log === undefined ? undefined : createWriteStream(options.log, { flags: 'a' });
  const recent: string[] = [];
  const watchers = new Set<() => void>();
  let partial = '';
  let ended = false;
  const exited = new Promise<number | null>((resolve) => {
    process_.on('error', (error) => {
      recent.push(error.message);
      ended = true;
      resolve(null);
    });
    process_.on('close', (code) => {
      ended = true;
      log?.end();
      resolve(code);
    });
  });
  const onData = (chunk: string) => {
    log?.write(chunk);
    const lines = (partial + chunk).split('\n');
    partial = lines.pop() ?? '';
    recent.push(...lines);
    for (const watch of watchers) watch();
    recent.splice(0, Math.max(0, recent.length - tailLines));
  };
  process_.stdout?.setEncoding('utf8').on('data', onData);
  process_.stderr?.setEncoding('utf8').on('data', onData);
  const tail = () =>
    [...recent, partial]
      .map((line) => line.slice(0, tailLineCharacters).trimEnd())
      .join('\n')
      .trim();

  return {
    pid: process_.pid ?? -1,
    exited,
    tail,
    line(pattern) {
      return new Promise((resolve, reject) => {
        const watch = () => {
          const match = recent.map((line) => pattern.exec(line)).find((found) => found !== null);
          if (!match) return;
          watchers.delete(watch);
          resolve(match[1] ?? match[0]);
        };
        watchers.add(watch);
        watch();
        exited.then(() => {
          watch();
          reject(new Error(tail() || `${command} ended without a word`));
        });
      });
    },
    async stop() {
      if (ended) return;
      process_.kill('SIGTERM');
      const kill = setTimeout(() => process_.kill('SIGKILL'), (options.graceSeconds ?? 15) * 1000);
      await exited;
      clearTimeout(kill);
    },
    async kill() {
      if (ended) return;
      process_.kill('SIGKILL');
      await exited;
    },
  };
}
