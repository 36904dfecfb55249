/** The dated list of prices and limits, `price/prices.json`. */

import { readFileSync } from 'node:fs';
import * as z from 'zod';

const regions = ['us-east-1', 'eu-west-1', 'eu-central-1'] as const;
const regionSchema = z.enum(regions);
export type Region = z.infer<typeof regionSchema>;

/** In place of a source: how we remember the page, read nowhere. */
export const memory = 'memory';

const inEachRegion = <S extends z.ZodType>(value: S) => ({
  'us-east-1': value,
  'eu-west-1': value,
  'eu-central-1': value,
});

const list = z
  .strictObject({
    date: z.iso.date(),
    currency: z.literal('USD'),
    note: z.string(),
    sources: z.record(
      z.string(),
      z.strictObject({
        /** `page`: what the vendor says; `quoted`: what others wrote of it; `inferred`: the same, of another Region. */
        kind: z.enum(['page', 'quoted', 'inferred']),
        address: z.url(),
        what: z.string(),
        read: z.iso.date(),
      }),
    ),
    prices: z.record(
      z.string(),
      z.strictObject({
        /** What the number buys; also says how many of it. */
        per: z.string(),
        /** Where to compare it. */
        page: z.url(),
        ...inEachRegion(z.strictObject({ usd: z.number().positive(), from: z.string() })),
      }),
    ),
    /** AWS's quotas, before anything was raised. */
    limits: z.record(z.string(), z.strictObject({ what: z.string(), from: z.string(), ...inEachRegion(z.int()) })),
  })
  .refine(({ sources, prices, limits }) => {
    const named = [
      ...Object.values(prices).flatMap((price) => regions.map((region) => price[region].from)),
      ...Object.values(limits).map(({ from }) => from),
    ];
    return named.every((from) => from === memory || from in sources);
  }, 'a source that the list does not have');

export const priceList = list.parse(JSON.parse(readFileSync(new URL('prices.json', import.meta.url), 'utf8')));

/** USD for one of what the list names, or for a million where it says so. */
export type PriceOf = (name: string) => number;

/** Throws where the Region or the price is not in the list. */
export function pricesIn(region: Region): PriceOf {
  return (name) => {
    const found = priceList.prices[name];
    if (!found) throw new Error(`price/prices.json has no ${name}`);
    return found[region].usd;
  };
}

/** Throws Error where the limit is not in the list. */
export function limitIn(region: Region, name: string): number {
  const found = priceList.limits[name];
  if (!found) throw new Error(`price/prices.json has no limit ${name}`);
  return found[region];
}

/** Throws Error with the Regions of the list. */
export function regionOf(name: string): Region {
  const found = regionSchema.safeParse(name);
  if (!found.success) throw new Error(`The price list has no ${name}; it has ${regions.join(', ')}.`);
  return found.data;
}
