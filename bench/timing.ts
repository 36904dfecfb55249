/** The timed runs: both sides and all levels in turn, one thing at a time. */

import { linkKey, requestSk, statePrefix } from '../adapters/rows.ts';
import type { AwsConfig } from '../local/aws.ts';
import { fill, type Row, rowsOf } from './fill.ts';
import { tenant } from './holdpoint-side.ts';
import type { Pair } from './pairs.ts';
import { type Sample, type SideName, sides } from './results.ts';
import { approve } from './side.ts';

/** Runs of each side and level that are not counted: functions start, code gets compiled, connections open. */
const warmups = 3;

/**
 * Who is timed in which order: levels move on by one from run to run, and when each has had each place the sides change
 * theirs. So nobody is always first, or always after the same one.
 */
export function orderOf(run: number, levels: readonly number[]): { level: number; side: SideName }[] {
  const round = Math.floor(run / levels.length);
  const from = run % levels.length;
  const turned = [...levels.slice(from), ...levels.slice(0, from)];
  return turned.flatMap((level) => {
    const inTurn = (round + levels.indexOf(level)) % 2 === 0 ? sides : sides.toReversed();
    return inTurn.map((side) => ({ level, side }));
  });
}

/**
 * Lets `level` intents wait on both sides of a pair, and gives the rows that each has. Of Holdpoint's they are the ones
 * that any later call reads or replaces; events, records and answers to Idempotency-Keys are only ever added to.
 */
export async function letWait(
  aws: AwsConfig,
  { outputs, holdpoint, bare }: Pair,
  level: number,
): Promise<Record<SideName, number>> {
  await holdpoint.ask();
  await bare.ask();
  const tables = { holdpoint: outputs.holdpoint.IntentsTable ?? '', bare: outputs.bare.TokensTable ?? '' };
  const rows = {
    holdpoint: (await rowsOf(aws, tables.holdpoint)).filter(isState),
    bare: await rowsOf(aws, tables.bare),
  };
  // The one that was copied waits too.
  for (const side of sides) await fill(aws.endpoint, tables[side], rows[side], tenant, level - 1);
  return { holdpoint: rows.holdpoint.length, bare: rows.bare.length };
}

/** Request, head, task, link. */
function isState(row: Row): boolean {
  const sk = String(JSON.parse(row).sk.S);
  return [requestSk, linkKey('').sk].includes(sk) || sk.startsWith(statePrefix);
}

async function sampleOf(pair: Pair, side: SideName): Promise<Omit<Sample, 'level' | 'run' | 'side'>> {
  const times = await approve(pair[side]);
  const { refund } = await pair[side].refund();
  return { ...times, refund, ...(side === 'holdpoint' && { health: await pair.holdpoint.health() }) };
}

/** @param pairs by their level @param signal gives up before the next run */
export async function timeAll(pairs: ReadonlyMap<number, Pair>, runs: number, signal: AbortSignal): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let run = 1 - warmups; run <= runs; run += 1) {
    signal.throwIfAborted();
    for (const { level, side } of orderOf(run + warmups, [...pairs.keys()])) {
      const pair = pairs.get(level);
      if (!pair) continue;
      const sample = { level, run, side, ...(await sampleOf(pair, side)) };
      if (run > 0) samples.push(sample);
    }
  }
  return samples;
}
