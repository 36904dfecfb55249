/** Everything that the command says, as data. */

import './environment.ts';
import { type FloorItem, floorOf } from './floor.ts';
import { type Asked, type Month, monthOf } from './month.ts';
import { type Other, othersOf } from './others.ts';
import { priceList, pricesIn, type Region } from './prices.ts';
import { type Quota, quotasOf } from './quotas.ts';
import { resources } from './templates.ts';

export interface Report {
  asked: Asked;
  region: Region;
  pricesOf: string;
  month: Month;
  floor: FloorItem[];
  /** USD a month for the metrics that intents publish. */
  metricsUsd: number;
  quotas: Quota[];
  others: Other[];
}

/** What is asked, and where. */
export type AskedIn = Asked & { region: Region };

/** What the document shows, and what the command takes where nothing is given. */
export const defaults: AskedIn = {
  intents: 1_000_000,
  refunds: 1,
  approved: 0.3,
  denied: 0.05,
  recipients: 2,
  region: 'us-east-1',
};

export async function reportOf({ region, ...asked }: AskedIn): Promise<Report> {
  const price = pricesIn(region);
  const month = await monthOf(asked, price);
  const templates = await resources();
  return {
    asked,
    region,
    pricesOf: priceList.date,
    month,
    floor: floorOf(templates, price),
    metricsUsd: month.series * price('customMetric'),
    quotas: quotasOf(month, templates, region),
    others: othersOf(price, month.usages['refund approved']),
  };
}
