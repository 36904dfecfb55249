/** Follows single intents call by call, through a proxy between the functions and AWS. Nothing is timed here. */

import { SFNClient } from '@aws-sdk/client-sfn';
import { historyOf, statesIn } from '../local/runs.ts';
import type { LocalStack } from '../local/stack.ts';
import { follow } from '../price/follow.ts';
import { paths } from '../price/paths.ts';
import { billedTransitions } from '../statemachines/testing/walk.ts';
import { byFunction, longestChain } from './calls.ts';
import type { Pair } from './pairs.ts';
import { type Counted, type SideName, sides } from './results.ts';
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
  const whole = await wholeIntent(stack, begin, run);
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
  const whole = await wholeIntent(stack, begin, run);
  return { side, path: 'refund', submitChain, ...whole, ...(await priced(side, 'refund auto-allowed')) };
}

function logOf({ faultProxy }: LocalStack) {
  if (!faultProxy) throw new Error('Counting needs the proxy.');
  return faultProxy.log;
}

/** Calls that functions made since `begin`; those without a name are the emulator's own or ours. */
const callsSince = (stack: LocalStack, begin: number) =>
  logOf(stack)
    .slice(begin)
    .filter(({ app }) => app !== null);

const chainOf = (stack: LocalStack, begin: number, door: string): number =>
  longestChain(callsSince(stack, begin).filter(({ app }) => app === door));

async function wholeIntent(stack: LocalStack, begin: number, run: string) {
  const calls = callsSince(stack, begin);
  const states = statesIn(await historyOf(new SFNClient(stack.aws), run));
  if (!states) throw new Error(`${run} goes on.`);
  return {
    calls: byFunction(calls),
    states,
    transitions: billedTransitions(states),
    ...(await unitsOf(stack.aws, calls)),
  };
}

/** What the price is made from, for the same path with one mail. */
async function priced(
  side: SideName,
  path: 'approval' | 'refund auto-allowed',
): Promise<{ pricedWriteUnits?: number }> {
  return side === 'bare' ? {} : { pricedWriteUnits: (await follow(paths[path], 1)).writeUnits };
}
