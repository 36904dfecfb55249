/** Follows single intents call by call, through a proxy between the functions and AWS. Nothing is timed here. */

import { SFNClient } from '@aws-sdk/client-sfn';
import type { ProxiedCall } from '../local/fault-rules.ts';
import { historyOf, statesIn } from '../local/runs.ts';
import type { LocalStack } from '../local/stack.ts';
import { follow } from '../price/follow.ts';
import { paths } from '../price/paths.ts';
import { billedTransitions } from '../statemachines/testing/walk.ts';
import { byFunction, longestChain } from './calls.ts';
import { type Further, furtherOf, startTaker } from './further.ts';
import type { Pair } from './pairs.ts';
import { type Counted, type FurtherPath, furtherPaths, type SideName, sides } from './results.ts';
import { surroundings } from './surroundings.ts';
import { unitsOf } from './write-units.ts';

/** The first is not counted: its functions read their secrets. */
const runs = 6;

/** Which function answers. */
const doors = {
  holdpoint: { submit: 'api', decide: 'approvals' },
  bare: { submit: 'bare-submit', decide: 'bare-decide' },
} as const;

export async function countAll(stack: LocalStack, pair: Pair): Promise<Counted[]> {
  const counted: Counted[] = [];
  for (const side of sides) counted.push(await countApproval(stack, pair, side), await countRefund(stack, pair, side));
  const taker = await startTaker();
  const further = furtherOf(stack, surroundings(stack), pair.outputs.holdpoint, taker);
  for (const path of furtherPaths) counted.push(await countFurther(stack, further, path));
  taker.close();
  return counted;
}

async function countApproval(stack: LocalStack, pair: Pair, side: SideName): Promise<Counted> {
  const submitChain: number[] = [];
  const decideChain: number[] = [];
  let run = '';
  let begin = 0;
  for (let count = 0; count < runs; count += 1) {
    begin = logOf(stack).length;
    const asked = await pair[side].ask();
    const submitted = chainOf(stack, begin, doors[side].submit);
    let posted = 0;
    await asked.decide(() => {
      posted = logOf(stack).length;
    });
    run = asked.run;
    if (count === 0) continue;
    submitChain.push(submitted);
    decideChain.push(chainOf(stack, posted, doors[side].decide));
  }
  const whole = await wholeIntent(stack, begin, [run]);
  return { side, path: 'approval', submitChain, decideChain, ...whole, ...(await priced(side, 'approval')) };
}

async function countRefund(stack: LocalStack, pair: Pair, side: SideName): Promise<Counted> {
  const submitChain: number[] = [];
  let run = '';
  let begin = 0;
  for (let count = 0; count < runs; count += 1) {
    begin = logOf(stack).length;
    ({ run } = await pair[side].refund());
    if (count > 0) submitChain.push(chainOf(stack, begin, doors[side].submit));
  }
  const whole = await wholeIntent(stack, begin, [run]);
  return { side, path: 'refund', submitChain, ...whole, ...(await priced(side, 'refund auto-allowed')) };
}

async function countFurther(stack: LocalStack, further: Further, path: FurtherPath): Promise<Counted> {
  const chains: Record<string, number[]> = {};
  let whole: Awaited<ReturnType<typeof wholeIntent>> | undefined;
  for (let count = 0; count < runs; count += 1) {
    const first = logOf(stack).length;
    let begin = first;
    const requests: { name: string; door: string; from: number }[] = [];
    const { runs: executions } = await further(
      path,
      () => {
        begin = logOf(stack).length;
      },
      (name, door) => requests.push({ name, door, from: logOf(stack).length }),
    );
    if (count === 0) continue;
    for (const [i, { name, door, from }] of requests.entries()) {
      const calls = callsBetween(stack, from, requests[i + 1]?.from).filter(({ app }) => app === door);
      chains[name] = [...(chains[name] ?? []), longestChain(calls)];
    }
    if (count === runs - 1) whole = await wholeIntent(stack, begin, executions, callsBetween(stack, first, begin));
  }
  if (!whole) throw new Error(`${path} was not counted.`);
  const { submit: submitChain = [], decide: decideChain, ...otherChains } = chains;
  const price = path === 'delegation' ? await priced('holdpoint', path) : {};
  return {
    side: 'holdpoint',
    path,
    submitChain,
    ...(decideChain ? { decideChain } : {}),
    otherChains,
    ...whole,
    ...price,
  };
}

function logOf({ faultProxy }: LocalStack) {
  if (!faultProxy) throw new Error('Counting needs the proxy.');
  return faultProxy.log;
}

/** Calls that functions made since `begin`; those without a name are the emulator's own or ours. */
const callsBetween = (stack: LocalStack, begin: number, end?: number) =>
  logOf(stack)
    .slice(begin, end)
    .filter(({ app }) => app !== null);
const callsSince = (stack: LocalStack, begin: number) => callsBetween(stack, begin);

const chainOf = (stack: LocalStack, begin: number, door: string): number =>
  longestChain(callsSince(stack, begin).filter(({ app }) => app === door));

/** `runs`: the intent's own, and those of its parts. */
async function wholeIntent(stack: LocalStack, begin: number, runs: string[], before: ProxiedCall[] = []) {
  const calls = callsSince(stack, begin);
  const entered: string[][] = [];
  for (const run of runs) {
    const states = statesIn(await historyOf(new SFNClient(stack.aws), run));
    if (!states) throw new Error(`${run} goes on.`);
    entered.push(states);
  }
  return {
    calls: byFunction(calls),
    states: entered.flat(),
    transitions: entered.reduce((sum, states) => sum + billedTransitions(states), 0),
    ...(await unitsOf(stack.aws, calls, before)),
  };
}

/** What the price is made from, for the same path with one mail. */
async function priced(
  side: SideName,
  path: 'approval' | 'refund auto-allowed' | 'delegation',
): Promise<{ pricedWriteUnits?: number }> {
  return side === 'bare' ? {} : { pricedWriteUnits: (await follow(paths[path], 1)).writeUnits };
}
