/** docs/benchmarks.md, from the results and nothing else. */

import { join } from 'node:path';
import { repositoryRoot } from '../local/emulator.ts';
import { type Conditions, isFurther, type Results } from './results.ts';
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
    method(results.setup, results.counted.filter(isFurther)),
    '## What was not proven',
    notProven(results.setup),
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
  const { counted } = setup;
  const written = 'from [benchmarks.jsonl](benchmarks.jsonl), which has every single time.';
  const found = counted
    ? `Written by \`npm run bench -- --counts\`, ${written}
**Times** are of ${conditions(setup)}
**Counts and functions** are of ${conditions(counted)}`
    : `Written by \`npm run bench\`, ${written}
Of ${conditions(setup)}`;
  return `${found}\nEverything ran on the local emulator, not on AWS.`;
}

function conditions({ date, versions, machine, load }: Conditions): string {
  const said = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${date.slice(0, 10)}: ${said.join(', ')}. ${machine}; load before the start ${load.toFixed(1)}.`;
}
