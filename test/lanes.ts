/**
 * The checks and all tests, two processes side by side: most of what runs deployed waits for something, and leaves its
 * core to the other. Each has a stack of its own. `npm test` ends with what failed, by process.
 */

import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';

/**
 * Folders of unit tests that mock nothing and set nothing: their files share what they import, which otherwise is half
 * of what they take (24 files: 18 s of a core in place of 33).
 */
const sharing = ['core', 'intents', 'pages', 'statemachines'];
const others = readdirSync('test', { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !sharing.includes(entry.name))
  .map(({ name }) => name);
const tests = (...of: string[]) => ['vitest', 'run', '--project', ...of];
const unit = (name: string, folders: string[], ...more: string[]) => ({
  name,
  command: tests('unit', ...more, ...folders.map((folder) => `test/${folder}/`)),
});
const project = (name: string, ...more: string[]) => ({
  name: [name, ...more].join(' '),
  command: tests(name, ...more),
});

/** What each process runs, the longest first behind what fails soonest: the short ones at the end let both end together. */
const waiting = [
  { name: 'check', command: ['npm', 'run', '--silent', 'check'] },
  unit('unit, sharing', sharing, '--no-isolate'),
  project('deployed', '--shard=1/2'),
  project('deployed', '--shard=2/2'),
  project('browser'),
  unit('unit, others', others),
  project('local'),
  project('deploy'),
  project('infra'),
];
const sideBySide = 2;

const running = new Set<ReturnType<typeof spawn>>();
const ended: { name: string; seconds: number; code: number | null; lines: string[] }[] = [];

/** Of a process that failed: each test, its error and where, of vitest's own closing part; or its last lines. */
function reasons(lines: string[]): string[] {
  const plain = lines.map((line) => stripVTControlCharacters(line).slice(0, 240));
  const closing = plain.findIndex((line) => /^⎯+ (Failed|Unhandled) /.test(line));
  if (closing < 0) return plain.slice(-15);
  const telling = /^ ?(FAIL |❯ \S+:\d|\w*Error\b|Expected: |Received: |Caused by)/;
  return plain.slice(closing).filter((line) => telling.test(line));
}

function run({ name, command: [program = '', ...args] }: (typeof waiting)[number]): Promise<void> {
  const started = Date.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      console.log(`[${name}] ${line}`);
    });
  return new Promise((resolve) => {
    child.on('error', (error) => console.error(`[${name}] ${error.message}`));
    child.on('close', (code) => {
      running.delete(child);
      ended.push({ name, seconds: Math.round((Date.now() - started) / 1000), code, lines });
      resolve();
    });
  });
}

async function lane(): Promise<void> {
  for (let next = waiting.shift(); next; next = waiting.shift()) await run(next);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    waiting.length = 0;
    for (const child of running) child.kill(signal);
  });

await Promise.all(Array.from({ length: sideBySide }, lane));
for (const { name, seconds, code } of ended) console.log(`${code === 0 ? 'passed' : 'FAILED'}  ${name}  ${seconds} s`);
for (const { name, code, lines } of ended)
  if (code !== 0) for (const line of reasons(lines).slice(0, 20)) console.log(`[${name}] ${line}`);
process.exitCode = ended.every(({ code }) => code === 0) ? 0 : 1;
