/** What others would cost for the refund that a person approves: our own count of what each would need, times list prices. */

import { gbSecondsOf } from './cost.ts';
import type { PriceOf } from './prices.ts';
import type { Usage } from './usage.ts';

interface Line {
  what: string;
  /** How many for each intent; where the price is by the month, for a million of them. */
  count: number;
  /** USD for a million intents. */
  usd: number;
}

export interface Other {
  name: string;
  lines: Line[];
  /** What its price does not include. */
  lacks: string;
}

const kilobyte = 1024;
const gigabyte = 1024 ** 3;
const million = 1e6;
const hoursWaiting = 24;
const daysRetained = 30;

const line = (what: string, count: number, price: number): Line => ({ what, count, usd: count * price });

/** Twelve transitions, a write and a call for each state. */
function naive(price: PriceOf, mails: number): Other {
  const transitions = 12;
  const tasks = 8;
  const seconds = gbSecondsOf({ steps: tasks });
  return {
    name: 'Naive Step Functions',
    lines: [
      line('transitions: ten states, start and end', transitions, price('stepTransition')),
      line('mails', mails, price('sesMail')),
      line('Lambda requests: a task state each', tasks, price('lambdaRequest')),
      line('Lambda GB-seconds', seconds, price('lambdaGbSecond')),
      line('single writes of 2 KB: one a task state', tasks * 2, price('dynamoWrite')),
      line('HTTP requests: submit, page, decide, read', 4, price('httpRequest')),
    ],
    lacks: 'exactly-once effects, outbox, audit chain, per-approver links, logs and traces',
  };
}

/** Start, a query, a signal, two timers of the ladder, and an activity for each thing done. */
function temporal(price: PriceOf, mails: number): Other {
  const activities = 5 + mails;
  const actions = 1 + 1 + 1 + 2 + activities;
  const history = (20 * kilobyte * million) / gigabyte;
  const used = [
    line(`actions: start, query, signal, 2 timers, ${activities} activities`, actions, price('temporalAction')),
    line(
      `active storage: 20 KB for ${hoursWaiting} hours, GB-hours a million`,
      history * hoursWaiting,
      price('temporalActiveStorage'),
    ),
    line(
      `retained storage: 20 KB for ${daysRetained} days, GB-hours a million`,
      history * daysRetained * 24,
      price('temporalRetainedStorage'),
    ),
  ];
  const usage = used.reduce((sum, { usd }) => sum + usd, 0);
  return {
    name: 'Temporal Cloud',
    lines: [
      ...used,
      line('Developer plan: a tenth of its usage, USD', usage, price('temporalPlan')),
      line('mails', mails, price('sesMail')),
    ],
    lacks: 'workers (always running), the API, the approval pages, the table behind them, effect records, audit chain',
  };
}

/** A durable function in place of the state machine; the table, the pages and the mail stay as ours. */
function durable(price: PriceOf, usage: Usage): Other {
  const steps = 5 + usage.mails;
  const operations = 1 + steps + 1 + 2;
  const calls = Object.values(usage.calls).reduce((sum, times) => sum + times, 0);
  const written = (operations * 2 * kilobyte * million) / gigabyte;
  return {
    name: 'Lambda durable functions',
    lines: [
      line(`operations: start, ${steps} steps, callback, 2 waits`, operations, price('durableOperation')),
      line('GB written: 2 KB an operation, a million', written, price('durableWritten')),
      line('GB-months retained: 14 days, a million', written / 2, price('durableRetained')),
      line('write units, as ours', usage.writeUnits + usage.indexUnits, price('dynamoWrite')),
      line('read units, as ours', usage.readUnits, price('dynamoRead')),
      line('Lambda requests, as ours', calls, price('lambdaRequest')),
      line('Lambda GB-seconds, as ours', gbSecondsOf(usage.calls), price('lambdaGbSecond')),
      line('HTTP requests, as ours', usage.httpRequests, price('httpRequest')),
      line('mails', usage.mails, price('sesMail')),
    ],
    lacks: 'logs, traces, queues; a graph of the run that others can read (see decisions/001)',
  };
}

export const othersOf = (price: PriceOf, refund: Usage): Other[] => [
  naive(price, refund.mails),
  temporal(price, refund.mails),
  durable(price, refund),
];
