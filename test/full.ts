/**
 * `npm run test:full`: all that `npm test` takes samples of, whole, and the long proofs; some hours. With names of parts,
 * these only: `npm run test:full -- crash iam`. What each part showed last is written to docs/full-tests.md.
 */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { table } from '../price/text.ts';
import { commit, rewrite, today } from './documents.ts';

interface Part {
  command: string;
  /** How much of it; default: what the command takes. */
  environment?: Record<string, string>;
  /** What its output says of it. */
  said: (lines: readonly string[]) => string;
}

/** Vitest's own sums, of all its processes. */
function sums(lines: readonly string[]): string {
  const tests = lines.filter((line) => /^(\[.*\])?\s*Tests\s/.test(line));
  const sum = (word: string) =>
    tests.reduce((total, line) => total + Number(new RegExp(`(\\d+) ${word}`).exec(line)?.[1] ?? 0), 0);
  return ['passed', 'failed', 'skipped']
    .map((word) => [sum(word), word] as const)
    .filter(([count, word]) => count > 0 || word === 'passed')
    .map(([count, word]) => `${count.toLocaleString('en-US')} ${word}`)
    .join(', ');
}

const simulated = (lines: readonly string[]): string =>
  lines.findLast((line) => /every invariant holds|^But never|^Seed \d/.test(line)) ?? 'no result';

const parts: Record<string, Part> = {
  tests: {
    command: 'npm test',
    environment: { RACES: '1000', EXAMPLES: '50', PROPERTIES: '20', LOOKS: 'all' },
    said: sums,
  },
  simulate: { command: 'npm run simulate -- --seeds 10000', said: simulated },
  crash: { command: 'npm run test:crash', said: sums },
  iam: { command: 'npm run test:iam', said: sums },
  abuse: { command: 'npm run test:abuse', said: sums },
};

const page = 'docs/full-tests.md';
const markers = ['<!-- made by npm run test:full -->', '<!-- end -->'] as const;
const head = ['part', 'command', 'result', 'minutes', 'date', 'commit'];

/** Runs a part, its output passed on. */
async function run({ command, environment = {} }: Part): Promise<{ code: number | null; lines: string[] }> {
  const [file = '', ...args] = command.split(' ');
  const child = spawn(file, args, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = () => child.kill('SIGTERM');
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      console.log(line);
      lines.push(stripVTControlCharacters(line));
    });
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once('close', resolve).once('error', reject),
  );
  process.off('SIGINT', stop).off('SIGTERM', stop);
  return { code, lines };
}

/** Parts that did not run keep their row. */
function note(name: string, row: string[]): void {
  rewrite(page, markers, (now) => {
    const before = new Map(
      now
        .split('\n')
        .slice(2)
        .map((line) =>
          line
            .split('|')
            .slice(1, -1)
            .map((cell) => cell.trim()),
        )
        .map((cells) => [cells[0] ?? '', cells]),
    );
    before.set(name, [name, ...row]);
    return table(
      head,
      Object.keys(parts).flatMap((each) => [before.get(each) ?? []].filter(({ length }) => length > 0)),
    );
  });
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0)
  throw new Error(`No such part: ${unknown.join(', ')}. There are ${Object.keys(parts).join(', ')}.`);

for (const [name, part] of Object.entries(parts).filter(([each]) => wanted.length === 0 || wanted.includes(each))) {
  const commitOfRun = commit(page, 'docs/reliability.md', 'docs/least-privilege.md');
  const started = performance.now();
  const { code, lines } = await run(part);
  const minutes = Math.round((performance.now() - started) / 60_000);
  const settings = Object.entries(part.environment ?? {}).map(([key, value]) => `${key}=${value} `);
  const result = code === 0 ? part.said(lines) : `**failed**: ${part.said(lines)}`;
  note(name, [`\`${settings.join('')}${part.command}\``, result, String(minutes), today(), commitOfRun]);
  if (code !== 0) process.exitCode = 1;
}
