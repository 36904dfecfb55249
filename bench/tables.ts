/** The tables of docs/benchmarks.md. */

import { table, whole } from '../price/text.ts';
import { aimed, aims, chainIn, compare, findingsOf, growth, initRatio, isFlat, series, type Timing } from './aims.ts';
import type { Counted, FunctionFigures, Results, SideName } from './results.ts';
import { type Times, timings } from './side.ts';
import { halves, median, p95, type Ratio, ratioOfMedians } from './statistics.ts';
import { startPauseMs } from './words.ts';

export const names: Record<keyof Times, string> = {
  submit: 'submit, answered',
  mail: 'submit → mail captured',
  decide: 'decision, answered',
  decided: 'decision → run ended',
  refund: 'refund that policy allows, submit → run ended',
};

/** Where it misses its aim, a figure says so. */
const marked = (text: string, met: boolean) => (met ? text : `${text} **failed**`);

const withInterval = ({ ratio, low, high }: Ratio) => `${ratio.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;

export const aimsTable = (results: Results): string =>
  table(
    ['aim', 'worst found', ''],
    findingsOf(results, names).map(({ aim, found, met }) => [aim, found, met ? 'met' : '**failed**']),
  );

export function times(results: Results, timing: keyof Times): string {
  const aim = aimed.includes(timing) ? aims.slower : Number.POSITIVE_INFINITY;
  const rows = compare(results, timing).map(({ level, ours, theirs, medians, p95s }) => [
    whole(level),
    ours.median.toFixed(1),
    ours.p95.toFixed(1),
    theirs.median.toFixed(1),
    theirs.p95.toFixed(1),
    marked(withInterval(medians), medians.ratio <= aim),
    marked(p95s.toFixed(2), p95s <= aim),
  ]);
  return table(
    ['waiting', 'Holdpoint median', 'p95', 'bare median', 'p95', 'ratio of medians (95%)', 'ratio of p95'],
    rows,
  );
}

export function pauseNote(results: Results): string {
  const without = (['mail', 'refund'] as const).map((timing) => {
    const ratios = compare(results, timing, startPauseMs).map(({ medians }) => medians.ratio.toFixed(2));
    return `${names[timing]} ${ratios.join(', ')}`;
  });
  return `The emulator lets ${startPauseMs} ms pass before each run's first state. That is in the times of both sides and makes two
ratios look smaller than they are. Without it, level by level: ${without.join('; ')}.`;
}

export function flat(results: Results): string {
  const { levels } = results.setup;
  const least = Math.min(...levels);
  const row = (side: SideName, timing: Timing, name: string, judged: boolean) => {
    const grown = growth(results, side, timing);
    return [
      name,
      side === 'bare' ? 'bare' : 'Holdpoint',
      judged ? marked(withInterval(grown), isFlat(grown)) : withInterval(grown),
      withInterval(halves(series(results.samples, least, side, timing))),
    ];
  };
  return `Median at ${whole(Math.max(...levels))} waiting by median at ${whole(least)}. The last column compares every second run at ${whole(least)} with the
others: what this machine's noise makes of no difference at all.

${table(
  ['', 'side', 'ratio (95%)', 'the same against itself (95%)'],
  [
    ...timings.map((timing) => row('holdpoint', timing, names[timing], true)),
    ...timings.map((timing) => row('bare', timing, names[timing], false)),
    row('holdpoint', 'health', '`GET /health`, which meets no table', false),
  ],
)}`;
}

export function counts({ counted }: Results): string {
  const chain = (one: Counted, runs: number[] | undefined) =>
    runs ? marked(String(chainIn(runs)), one.side === 'bare' || chainIn(runs) <= aims.chain) : '';
  const sum = (one: Counted) => Object.values(one.calls).reduce((total, calls) => total + calls, 0);
  const figures = counted.map((one) => [
    `${one.side === 'bare' ? 'bare' : 'Holdpoint'}, ${one.path}`,
    chain(one, one.submitChain),
    chain(one, one.decideChain),
    String(sum(one)),
    String(one.transitions),
    String(one.writeUnits),
    String(one.indexUnits),
    one.pricedWriteUnits === undefined ? '' : String(one.pricedWriteUnits),
  ]);
  const details = counted.map((one) => [
    `${one.side === 'bare' ? 'bare' : 'Holdpoint'}, ${one.path}`,
    Object.entries(one.calls)
      .map(([name, calls]) => `${name} ${calls}`)
      .join(', '),
    one.states.join(' → '),
  ]);
  const headings = [
    '',
    'calls in a row: submit',
    'decide',
    'calls in all',
    'billed transitions',
    'write units',
    'of the index',
    'write units by `npm run price`',
  ];
  return `${table(headings, figures)}

${table(['', 'calls of each function', 'states'], details)}${otherRequests(counted)}`;
}

/** Each request once for each path that makes it. */
function otherRequests(counted: readonly Counted[]): string {
  const rows = counted.flatMap(({ path, otherChains = {} }) =>
    Object.entries(otherChains).map(([name, runs]) => [name, path, String(chainIn(runs))]),
  );
  if (rows.length === 0) return '';
  return `\n\nCalls in a row of other requests, which have no aim:\n\n${table(['request', 'of', 'calls in a row'], rows)}`;
}

export function functionTable(functions: readonly FunctionFigures[]): string {
  const rows = functions.map((one) => {
    const { name, bytes, clients, milliseconds, emptyMilliseconds, emptyWithStripeMilliseconds } = one;
    const ratio = initRatio(one);
    return [
      name,
      marked((bytes / 1024).toFixed(0), bytes <= aims.bundleBytes),
      median(milliseconds).toFixed(1),
      p95(milliseconds).toFixed(1),
      median(emptyMilliseconds).toFixed(1),
      marked(withInterval(ratio), ratio.ratio <= aims.init),
      emptyWithStripeMilliseconds ? withInterval(ratioOfMedians(milliseconds, emptyWithStripeMilliseconds)) : '',
      clients.map((client) => client.replace(/^@aws-sdk\/(client-)?/, '')).join(', '),
    ];
  });
  return table(
    ['function', 'KB', 'load, ms', 'p95', 'empty, ms', 'ratio (95%)', 'to an empty one with Stripe', 'SDK packages'],
    rows,
  );
}
