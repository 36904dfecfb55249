/**
 * Everything that can crash once on the way of an intent, crashes once: `npm run test:crash`.
 * A run writes docs/reliability.md, of the paths that it took: all, or `CRASH_PATHS='procedure|approval'`.
 * One case alone: `CRASH_PATHS='<its path>' npx vitest run --project crash -t '<its name>'`.
 */

import { afterAll, describe, expect, it } from 'vitest';
import { control } from '../deployed/world.ts';
import { type CrashCase, record } from './cases.ts';
import { type Outcomes, writeDocument } from './document.ts';
import { messagesIn, oneMessageAtATime } from './isolation.ts';
import { paths } from './paths.ts';
import { parked, run } from './run.ts';

const wanted = process.env.CRASH_PATHS?.split('|');
const taken = paths.filter(({ name }) => wanted?.includes(name) ?? true);
if (taken.length !== (wanted ?? paths).length) throw new Error(`not each of these is a path: ${wanted}`);
const cases: CrashCase[] = [];
await oneMessageAtATime();
// Recorded before the tests are known: each case is one.
for (const path of taken) cases.push(...(await record(path)));

const outcomes: Outcomes = new Map();
const tried = new Set<string>();
const check = async (given: CrashCase) => {
  tried.add(given.name);
  const { how } = await run(given.path, given.broken).catch((error: Error) => {
    error.message += `\nThis one alone: CRASH_PATHS='${given.path.name}' npx vitest run --project crash -t '${given.name}'`;
    throw error;
  });
  outcomes.set(given.name, how);
};

afterAll(() => {
  if (tried.size === cases.length) writeDocument(cases, outcomes);
});

const named = (alone: boolean) =>
  cases.filter((each) => each.alone === alone).map((each) => [each.name, each] as const);

describe.concurrent('crashes beside others', () => {
  it.each(named(false))('%s', (_name, given) => check(given));
});

describe('crashes alone', () => {
  it.each(named(true))('%s', async (_name, given) => {
    await control('cool');
    await check(given);
  });
});

describe('afterwards', () => {
  it('no message is dead, and only what dispatch could not send on is parked', async () => {
    for (const queue of ['Runs', 'Mail', 'Deliver', 'Push', 'Announce', 'Callbacks'])
      expect(await messagesIn(`${queue}DeadLettersUrl`), queue).toEqual([]);
    const marks = (await messagesIn('ParkedUrl')).map((body) => /org-([0-9a-f]{12})\/main/.exec(body)?.[1] ?? body);
    expect(marks.filter((mark) => !parked.has(mark))).toEqual([]);
  });

  it('every call was seen: none came from an unknown process', async () => {
    expect(await control('strangers')).toEqual([]);
  });
});
