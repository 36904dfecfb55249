/** A month's intents: how many of each path, and what they cost together. */

import { type Cost, costOf, services, totalOf, tracedShare } from './cost.ts';
import { follow } from './follow.ts';
import { type PathName, pathNames, paths } from './paths.ts';
import type { PriceOf } from './prices.ts';
import type { Usage } from './usage.ts';

const million = 1e6;

export interface Asked {
  /** Intents a month. */
  intents: number;
  /** Share of the intents that are refunds; the others are approvals, which a person always decides. */
  refunds: number;
  /** Share of the refunds that a person approves. */
  approved: number;
  /** Share of the refunds that policy denies; the rest is allowed without asking. */
  denied: number;
  /** People mailed for each task. */
  recipients: number;
}

export type PerPath<T> = Record<PathName, T>;

export interface Month {
  shares: PerPath<number>;
  usages: PerPath<Usage>;
  /** Share of this month's traces that are recorded. */
  traced: number;
  /** USD for one intent of a path, where a month has a million of that path alone. */
  costs: PerPath<Cost>;
  /** The same with every trace recorded, as where intents are few. */
  costsTraced: PerPath<Cost>;
  /** USD for all intents of this month, by service. */
  sum: Cost;
  /** Series of custom metrics that intents publish, each billed by the month. */
  series: number;
}

/** Throws Error where shares are none, or refunds are more than whole. */
export function sharesOf({ refunds, approved, denied }: Asked): PerPath<number> {
  if ([refunds, approved, denied].some((share) => !(share >= 0 && share <= 1)) || approved + denied > 1)
    throw new Error('Shares lie between 0 and 1; approved and denied together are at most 1.');
  return {
    approval: 1 - refunds,
    'refund approved': refunds * approved,
    'refund auto-allowed': refunds * (1 - approved - denied),
    'refund denied': refunds * denied,
    // Agents ask each other as often as they like: a month of it is asked for by nobody here, its price stands beside the others.
    delegation: 0,
  };
}

export async function monthOf(asked: Asked, price: PriceOf): Promise<Month> {
  const shares = sharesOf(asked);
  const found: [PathName, Usage][] = [];
  // One after the other: each holds standard output back while it logs.
  for (const name of pathNames) found.push([name, await follow(paths[name], asked.recipients)]);
  const usages = Object.fromEntries(found) as PerPath<Usage>;
  const traces = pathNames.reduce((sum, name) => sum + asked.intents * shares[name] * usages[name].traces, 0);
  const traced = tracedShare(traces);
  const costsWith = (share: (usage: Usage) => number) =>
    Object.fromEntries(
      pathNames.map((name) => [name, costOf(usages[name], price, share(usages[name]))]),
    ) as PerPath<Cost>;
  const here = costsWith(() => traced);
  const sum = Object.fromEntries(
    services.map((service) => [
      service,
      pathNames.reduce((sum, name) => sum + asked.intents * shares[name] * here[name][service], 0),
    ]),
  ) as Cost;
  const used = pathNames.filter((name) => shares[name] > 0);
  return {
    shares,
    usages,
    traced,
    costs: costsWith((usage) => tracedShare(million * usage.traces)),
    costsTraced: costsWith(() => 1),
    sum,
    series: new Set(used.flatMap((name) => usages[name].series)).size,
  };
}

/** The aim: USD for a million approved intents, without mail. */
export const aimUsd = 200;

export const withoutMail = (cost: Cost): number => totalOf(cost) - cost.SES;
