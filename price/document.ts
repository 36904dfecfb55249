/** The report as Markdown: what the command prints, and what stands between the markers of docs/cost.md. */

import { callsOf, fullyTracedUpTo, services, totalOf, tracedShare } from './cost.ts';
import { sumOf } from './floor.ts';
import { aimUsd, withoutMail } from './month.ts';
import { pathNames } from './paths.ts';
import { memory, priceList } from './prices.ts';
import { dailyIntents, usedOf } from './quotas.ts';
import type { Report } from './report.ts';
import { percent, table, usd, whole } from './text.ts';

const million = 1e6;

export const documentOf = (report: Report): string =>
  [
    head(report),
    '### The aim',
    aim(report),
    '### A million intents of each path, USD',
    perPath(report),
    '### What was counted for one intent',
    counted(report),
    '### Write units of a refund that a person approves, by transaction',
    transactions(report),
    `### A month of ${whole(report.asked.intents)} intents, USD`,
    month(report),
    '### The floor: a month in which nothing happens, USD',
    floor(report),
    '### What is hit first',
    quotas(report),
    '### What others would cost: a million refunds that a person approves, USD',
    others(report),
    '### Prices',
    prices(report),
  ].join('\n\n');

function head({ asked, region, pricesOf }: Report): string {
  return `Region ${region}, prices of ${pricesOf}, mails for each task: ${asked.recipients}. ${percent(asked.refunds)} of the intents are refunds; of these a person approves ${percent(asked.approved)}, policy denies ${percent(asked.denied)} and allows the rest.`;
}

function aim({ month }: Report): string {
  const rows = (['approval', 'refund approved'] as const).map((name) => {
    const cost = million * withoutMail(month.costs[name]);
    const traced = million * withoutMail(month.costsTraced[name]);
    const missed = cost > aimUsd ? '**failed**' : '**failed** where every trace is recorded, else met';
    return [name, usd(cost), usd(traced), usd(aimUsd), traced <= aimUsd ? 'met' : missed];
  });
  const transitions = million * month.costs['refund approved']['Step Functions'];
  return `${table(['path', 'a million, without SES', 'every trace recorded', 'at most', ''], rows)}

Of a refund, ${usd(transitions)} USD are its ${month.usages['refund approved'].transitions} state transitions alone. X-Ray records the first trace of each second and 5% of the others. That is AWS's own rule, which can't be set for functions, and the template adds none. So it records ${percent(tracedShare(million * month.usages.approval.traces))} of the traces of a million approvals spread evenly over a month, all where fewer than one begins each second (up to ${whole(fullyTracedUpTo(month.usages.approval.traces))} approvals a month), and a smaller part where they come in bursts.`;
}

const perPath = ({ month }: Report): string =>
  table(
    ['service', ...pathNames],
    [
      ...services.map((service) => [service, ...pathNames.map((name) => usd(million * month.costs[name][service]))]),
      ['**all**', ...pathNames.map((name) => `**${usd(million * totalOf(month.costs[name]))}**`)],
      ['without SES', ...pathNames.map((name) => usd(million * withoutMail(month.costs[name])))],
    ],
  );

function counted({ month }: Report): string {
  const row = (what: string, of: (usage: Report['month']['usages']['approval']) => number) => [
    what,
    ...pathNames.map((name) => whole(of(month.usages[name]))),
  ];
  return table(
    ['', ...pathNames],
    [
      row('state transitions', (u) => u.transitions),
      row('function calls', callsOf),
      row('transactions', (u) => u.transactions.length),
      row('write units, tables', (u) => u.writeUnits),
      row('of these, to check stops', (u) => u.checkUnits),
      row('write units, index', (u) => u.indexUnits),
      row('read units', (u) => u.readUnits),
      row('messages', (u) => u.messages),
      row('mails', (u) => u.mails),
      row('HTTP requests', (u) => u.httpRequests),
      row('bytes that stay stored', (u) => u.storedBytes),
      // To the nearest hundred: durations stand in some lines.
      row('bytes of logs, about', (u) => Math.round(u.logBytes / 100) * 100),
    ],
  );
}

const transactions = ({ month }: Report): string =>
  table(
    ['transaction', 'items', 'write units'],
    month.usages['refund approved'].transactions.map(({ action, items, units }) => [
      `\`${action}\``,
      whole(items),
      whole(units),
    ]),
  );

function month({ month, floor, metricsUsd }: Report): string {
  const rest = sumOf(floor) + metricsUsd;
  const rows = services.map((service) => [service, usd(month.sum[service])]);
  return `${table(
    ['', 'USD'],
    [
      ...rows,
      [`${month.series} custom metrics of intents`, usd(metricsUsd)],
      ['floor (below)', usd(sumOf(floor))],
      ['**all**', `**${usd(totalOf(month.sum) + rest)}**`],
    ],
  )}

Nothing deletes intents: storage comes again each month, for all intents so far. ${percent(month.traced)} of the traces are recorded.`;
}

const floor = ({ floor }: Report): string =>
  table(
    ['', 'count', 'each', 'USD'],
    [
      ...floor.map(({ what, count, each }) => [what, whole(count), usd(each), usd(count * each)]),
      ['**all**', '', '', `**${usd(sumOf(floor))}**`],
    ],
  );

function quotas({ quotas }: Report): string {
  const sorted = [...quotas].sort((a, b) => usedOf(b, 1) - usedOf(a, 1));
  const cell = (used: number) => (used > 1 ? `**${percent(used)}**` : percent(used));
  return table(
    ['limit', 'whose', 'at', ...dailyIntents.map((daily) => `${whole(daily)} a day`), 'to raise'],
    sorted.map((quota) => [
      quota.what,
      quota.of,
      whole(quota.limit),
      ...dailyIntents.map((daily) => cell(usedOf(quota, daily))),
      quota.raise,
    ]),
  );
}

function others({ others, month }: Report): string {
  const ours = million * totalOf(month.costs['refund approved']);
  const parts = others.map(({ name, lines, lacks }) => {
    const sum = lines.reduce((total, line) => total + line.usd, 0);
    const rows = lines.map(({ what, count, usd: cost }) => [what, Number(count.toFixed(2)).toString(), usd(cost)]);
    return `**${name}: ${usd(sum)}.** Not in it: ${lacks}.\n\n${table(['', 'count', 'USD'], rows)}`;
  });
  return [`Holdpoint: ${usd(ours)}, with everything of the table above.`, ...parts].join('\n\n');
}

function prices({ region }: Report): string {
  const listed = Object.values(priceList.prices).map((price) => ({ ...price, here: price[region] }));
  const limits = Object.values(priceList.limits);
  const known = (kind: string) => listed.filter(({ here }) => kindOf(here.from) === kind).length;
  const sources = Object.entries(priceList.sources).map(([name, { kind, address, what, read }]) => [
    `\`${name}\``,
    kind,
    `[${what}](${address})`,
    read,
  ]);
  return `${priceList.note} Of ${listed.length} prices in ${region}, ${known('page')} were read where the vendor says them, ${known('quoted')} in what others quoted, ${known('inferred')} for another Region that has the same, and ${known(memory)} are from memory. None was compared with AWS's price list itself: check them before you rely on them.

${table(
  ['price', 'USD', 'from', 'to compare'],
  listed.map(({ per, page, here }) => [per, String(here.usd), sourceOf(here.from), page]),
)}

${table(
  ['limit', region, 'from'],
  limits.map((limit) => [limit.what, whole(limit[region]), sourceOf(limit.from)]),
)}

${table(['source', 'kind', 'what', 'read on'], sources)}`;
}

const kindOf = (name: string): string => priceList.sources[name]?.kind ?? memory;

const sourceOf = (name: string): string => (name === memory ? '**memory**' : `\`${name}\``);
