/**
 * All tests, two processes side by side: most of what runs deployed waits for something, and leaves its core to the
 * other. Each has a stack of its own. `npm test` ends with what failed, by process.
 */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** What each process runs, the longest first behind what fails soonest: the short ones at the end let both end together. */
const waiting = [
  ['unit'],
  ['deployed', '--shard=1/2'],
  ['deployed', '--shard=2/2'],
  ['browser'],
  ['local'],
  ['deploy'],
  ['infra'],
];
const sideBySide = 2;

const running = new Set<ReturnType<typeof spawn>>();
const ended: { name: string; seconds: number; code: number | null }[] = [];

function run(names: string[]): Promise<void> {
  const name = names.join(' ');
  const started = Date.now();
  const args = names.flatMap((one) => (one.startsWith('--') ? [one] : ['--project', one]));
  const child = spawn('vitest', ['run', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => console.log(`[${name}] ${line}`));
  return new Promise((resolve) => {
    child.on('error', (error) => console.error(`[${name}] ${error.message}`));
    child.on('close', (code) => {
      running.delete(child);
      ended.push({ name, seconds: Math.round((Date.now() - started) / 1000), code });
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
process.exitCode = ended.every(({ code }) => code === 0) ? 0 : 1;
