/** docs/cost.md says what the code costs; needs the CDK, to read the templates. */

import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { documentOf } from '../../price/document.ts';
import { sumOf } from '../../price/floor.ts';
import { aimUsd, withoutMail } from '../../price/month.ts';
import { between, insert, madeOf, path } from '../../price/page.ts';
import { usedOf } from '../../price/quotas.ts';
import { defaults, type Report, reportOf } from '../../price/report.ts';

/** Loading the CDK takes seconds, and more on a busy machine. */
const loadingMs = 120_000;

let report: Report;
beforeAll(async () => {
  report = await reportOf(defaults);
}, loadingMs);

const page = readFileSync(path, 'utf8');

it('is what the command writes (if not: npm run price)', () => {
  expect(between(page)).toBe(documentOf(report));
  const written = insert(page, madeOf(new Date()), documentOf(report));
  expect(between(written)).toBe(documentOf(report));
  expect(insert(written, madeOf(new Date()), documentOf(report))).toBe(written);
});

it('tells whether the aim is met', () => {
  const { costs, costsTraced } = report.month;
  const millions = [costs['refund approved'], costs.approval, costsTraced.approval].map(
    (cost) => 1e6 * withoutMail(cost),
  );
  expect(millions.map((usd) => usd <= aimUsd)).toEqual([false, false, false]);
  expect(page).toMatch(/^\| refund approved .*\*\*failed\*\* \|$/m);
});

it('finds every resource of the floor', () => {
  expect(report.floor.every(({ count, each }) => count > 0 && each > 0)).toBe(true);
  expect(sumOf(report.floor)).toBeLessThan(12);
});

it('finds every limit, and loads that grow with the intents', () => {
  for (const quota of report.quotas) {
    expect(quota.limit, quota.what).toBeGreaterThan(0);
    expect(usedOf(quota, 1_000_000) / usedOf(quota, 1_000), quota.what).toBeCloseTo(1000, 6);
  }
});
