/** What docs/benchmarks.md says beside its tables. */

import { aims } from './aims.ts';
import type { Counted, Setup } from './results.ts';

/** What the emulator waits before a run's first state. */
export const startPauseMs = 150;

const aboutFurther = `\
- **Delegations and procedures** are counted and not timed: the bare sample has nothing like them. An agent submits to another, which finds it in its
  mailbox and answers; *claimed*: under a lease that it takes first; *pushed*: by a webhook to its URL; *told*: a subscription hears of the end. The
  procedure is an agent's step and then a person's, with one mail. What an agent binds and subscribes before is not counted.`;

/** `further`: what was counted beside what is timed. */
export const method = ({ runs, levels, rows }: Setup, further: readonly Counted[]): string => `\
- **The bare sample** ([bench/bare](../bench/bare)) is what one would write without Holdpoint: an API, a run with one state that waits for its
  token, a function that keeps the token and mails a link, one that reads it and calls SendTaskSuccess; and a refund that is one call to the
  provider. Same memory, runtime, bundler, SDK clients and aliases. It has no API key, tenant, policy, evidence, record, event, deadline, stop or
  repair, and forgets what it did: the ratios are the price of those.
- **Deployed in the same run**: a pair of stacks for each level, ${levels.length * 2} in one emulator. Before timing, ${levels.map((level) => level.toLocaleString('en-US')).join(', ')} intents
  wait in the tables of a pair. One real intent waits first; the others are copies of its rows with ids, hashes and tenants of their own.
  ${rows.holdpoint} rows each at Holdpoint (request, head, task, link: all that a later call reads or replaces; events, audit records and
  Idempotency-Keys are left out), ${rows.bare} at the bare sample (the token). No runs belong to the copies.
- **Interleaved**: ${runs} runs of each side and level, after 3 that are not counted. A run takes every level and both sides in turn, and the
  order moves on from run to run; a slow minute of the machine is a slow minute for all. Never two things at a time: the next begins when
  nothing is owed and no run is open.
- **Times**: HTTP by the client's clock, sent straight to the emulated API. *Mail captured* and *run ended* are the emulator's own time of SendEmail
  and of the run's stop, minus the time at which the request was sent, by the same clock; how often we look does not matter. One approver is mailed.
- **The interval** in brackets: 95% of 1000 bootstrap resamples of the runs, both sides of a run together. An aim is judged by the ratio
  itself, not by its interval.
- **Calls, write units, transitions**: in a deployment of its own, through a proxy between the functions and AWS. In a row are calls of which each
  began when the one before was answered; the least of five runs. Write units are DynamoDB's answer (of the emulator) when every write of an
  intent is made again on empty tables, with those of condition checks. Transitions are the states in the run's history, the start and the end;
  of a procedure, those of its agent's part too.
${further.length === 0 ? '' : `${aboutFurther}\n`}- **Bundles** are the code that was deployed, ${aims.bundleBytes / 1024} KB being ${aims.bundleBytes.toLocaleString('en-US')} bytes. **Load** is the time that a fresh Node takes to load
  it with the function's real environment, in turn with an *empty function*: one that imports and makes the clients of the same SDK packages,
  bundled in the same way. The tools' empty ones have no Stripe package; the last ratio shows them with it.
- The sweep is switched off: the emulator reads a whole partition of the index where DynamoDB reads what is due, and would stand still once a minute.`;

/** From this load on, others wanted the machine's cores while it measured. */
const busyLoad = 3;

const noise = ({ load, counted }: Setup): string => {
  const busy = [
    ...(load < busyLoad ? [] : [`times (load ${load.toFixed(1)} before the start)`]),
    ...((counted?.load ?? load) < busyLoad ? [] : [`loads of functions (load ${(counted?.load ?? load).toFixed(1)})`]),
  ];
  return busy.length === 0
    ? ''
    : `- **The machine was not quiet.** Other work ran on it during ${busy.join(' and ')}: these are noisy, and so is what misses or
  meets an aim by little. Calls, write units, transitions and bytes are not touched by it.
`;
};

export const notProven = (setup: Setup): string => `\
${noise(setup)}- **No time here is AWS's.** The emulator is one Python process on one machine: its DynamoDB answers in about a millisecond, its Step Functions and
  queues have other delays, and everything shares the same cores. The ratios say how much more is done, on this emulator. What carries
  over to AWS are the counts: calls in a row, write units, transitions.
- Flatness shows that no call's work grows with the table. How DynamoDB's partitions behave under real traffic is not shown; nor are many
  at a time, throttling, or conflicts between transactions, which the emulator serialises.
- Cold starts were not measured on Lambda. Load times leave out fetching the code and starting the runtime, and an unthrottled core is not
  the share of one that a function of 512 MB gets.
- The emulator's task tokens have 36 characters, those of AWS up to 2048: a task's row is a unit or two larger there.
- Mail is captured, never delivered. The payment provider is the local sandbox.
- The good path alone: no reminder, retry, second generation, lost lease or open outcome.`;
