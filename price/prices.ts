/** The dated price list, `price/prices.json`. */

import { readFileSync } from 'node:fs';
import * as z from 'zod';

const regions = ['us-east-1', 'eu-central-1'] as const;
const regionSchema = z.enum(regions);
export type Region = z.infer<typeof regionSchema>;

const price = z.strictObject({
  /** What the number buys; also says how many of it. */
  per: z.string(),
  'us-east-1': z.number().positive(),
  'eu-central-1': z.number().positive(),
  source: z.url(),
  /** How the price of us-east-1 is known: from memory of the page, or read in what others wrote of it. */
  known: z.enum(['memory', 'quoted']),
});

const list = z.strictObject({
  date: z.iso.date(),
  currency: z.literal('USD'),
  note: z.string(),
  prices: z.record(z.string(), price),
});

export const priceList = list.parse(JSON.parse(readFileSync(new URL('prices.json', import.meta.url), 'utf8')));

/** USD for one of what the list names, or for a million where it says so. */
export type PriceOf = (name: string) => number;

/** Throws where the Region or the price is not in the list. */
export function pricesIn(region: Region): PriceOf {
  return (name) => {
    const found = priceList.prices[name];
    if (!found) throw new Error(`price/prices.json has no ${name}`);
    return found[region];
  };
}

/** Throws Error with the Regions of the list. */
export function regionOf(name: string): Region {
  const found = regionSchema.safeParse(name);
  if (!found.success) throw new Error(`The price list has no ${name}; it has ${regions.join(', ')}.`);
  return found.data;
}
