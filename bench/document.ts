/** docs/benchmarks.md, from the results and nothing else. */

import { join } from 'node:path';
import { repositoryRoot } from '../local/emulator.ts';
import type { Results } from './results.ts';
import { timings } from './side.ts';
import { aimsTable, counts, flat, functionTable, names, pauseNote, times } from './tables.ts';
import { method, notProven } from './words.ts';

export const documentFile = join(repositoryRoot, 'docs', 'benchmarks.md');
export const rawFile = join(repositoryRoot, 'docs', 'benchmarks.jsonl');

export const documentOf = (results: Results): string =>
  `${[
    '# Benchmarks',
    head(results),
    '## The aims',
    aimsTable(results),
    '## How it is measured',
    method(results.setup),
    '## What was not proven',
    notProven,
    '## Times, milliseconds',
    ...timings.flatMap((timing) => [`### ${capital(names[timing])}`, times(results, timing)]),
    pauseNote(results),
    '## From few to many waiting',
    flat(results),
    '## Calls, transitions and write units',
    counts(results),
    '## Functions',
    functionTable(results.functions),
  ].join('\n\n')}\n`;

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function head({ setup }: Results): string {
  const { date, versions, machine, load } = setup;
  const said = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `Written by \`npm run bench\` on ${date.slice(0, 10)}, from [benchmarks.jsonl](benchmarks.jsonl), which has every single time.
${said.join(', ')}. ${machine}; load before the start ${load.toFixed(1)}.
Everything ran on the local emulator, not on AWS.`;
}
