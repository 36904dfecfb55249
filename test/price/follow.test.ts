import { beforeAll, describe, expect, it } from 'vitest';
import { costOf, services, totalOf, tracedShare } from '../../price/cost.ts';
import { follow } from '../../price/follow.ts';
import { sharesOf } from '../../price/month.ts';
import { paths } from '../../price/paths.ts';
import { pricesIn, regionOf } from '../../price/prices.ts';
import type { Usage } from '../../price/usage.ts';

let refund: Usage;
beforeAll(async () => {
  refund = await follow(paths['refund approved'], 2);
});

describe('a path', () => {
  it.each([
    ['approval', 3, 5],
    ['refund approved', 8, 10],
    ['refund auto-allowed', 7, 6],
    ['refund denied', 5, 2],
    ['delegation', 4, 6],
  ] as const)('%s: %i transitions, %i transactions', async (name, transitions, transactions) => {
    const usage = await follow(paths[name], 2);
    expect(usage.transitions).toBe(transitions);
    expect(usage.transactions).toHaveLength(transactions);
    expect(usage.mails).toBe(paths[name].asks ? 2 : 0);
    expect(usage.calls.dispatch).toBe(usage.messages);
  });

  it('counts the same each time', async () => {
    expect(await follow(paths['refund approved'], 2)).toEqual(refund);
  });

  it('writes what its transactions write, and what mail and queues write beside them', () => {
    const within = refund.transactions.reduce((sum, { units }) => sum + units, 0);
    // The start's row is removed, and each mail's link stored, alone.
    expect(refund.writeUnits).toBe(within + 1 + refund.mails);
  });

  it('pays for each recipient: a message, a mail, a link and a commit', async () => {
    const more = await follow(paths['refund approved'], 3);
    expect([more.mails, more.messages, more.transactions.length]).toEqual([3, 5, 11]);
    expect(more.transitions).toBe(refund.transitions);
  });

  it('publishes the metrics of the dashboard', () => {
    const names = refund.series.map((series) => series.split('{')[0]);
    expect(names).toEqual([
      'DecisionSeconds',
      'IntentCostMicroUsd',
      'IntentsEnded',
      'IntentsEscalated',
      'IntentsSubmitted',
    ]);
  });
});

describe('its cost', () => {
  it('is units times prices', () => {
    const price = pricesIn('us-east-1');
    const cost = costOf(refund, price, 1);
    expect(cost['Step Functions']).toBeCloseTo((8 * 25) / 1e6, 12);
    expect(cost['DynamoDB writes']).toBeCloseTo((refund.writeUnits * price('dynamoWrite')) / 1e6, 12);
    expect(cost.SES).toBeCloseTo(0.0002, 12);
    expect(totalOf(cost)).toBeCloseTo(
      services.reduce((sum, service) => sum + cost[service], 0),
      12,
    );
  });

  it('is higher where prices are', () => {
    const [here, there] = [pricesIn('us-east-1'), pricesIn('eu-central-1')].map((price) =>
      totalOf(costOf(refund, price, 1)),
    );
    expect(there).toBeGreaterThan(here as number);
  });

  it('knows only the Regions and prices of its list', () => {
    expect(() => regionOf('mars-1')).toThrow('us-east-1, eu-west-1, eu-central-1');
    expect(() => pricesIn('us-east-1')('moon')).toThrow('has no moon');
  });
});

it('records every trace where there are few, and a twentieth of the rest', () => {
  expect(tracedShare(1000)).toBe(1);
  expect(tracedShare(1e12)).toBeCloseTo(0.05, 4);
});

it('shares sum up, and refuse what is none', () => {
  const asked = { intents: 1, refunds: 0.5, approved: 0.3, denied: 0.1, recipients: 1 };
  expect(Object.values(sharesOf(asked)).reduce((sum, share) => sum + share)).toBeCloseTo(1, 12);
  expect(() => sharesOf({ ...asked, approved: 0.95 })).toThrow('at most 1');
  expect(() => sharesOf({ ...asked, refunds: Number.NaN })).toThrow('between 0 and 1');
});
