/** What an intent has cost by its own counts: an estimate for the dashboard, from list prices. */

import type { Head } from './model.ts';

/** List prices of us-east-1, 2026-11, in millionths of a USD (aws.amazon.com/step-functions/pricing, …/dynamodb/pricing, …/lambda/pricing). */
const price = {
  /** 25 USD a million state transitions. */
  transition: 25,
  /** 0.625 USD a million write units; a transaction takes two for each item. */
  transactedItem: 1.25,
  /** One invocation of 512 MB arm64 for 50 ms, with the request itself. */
  invocation: 0.53,
};

/** Head, event, record: what a commit writes at least. */
const itemsPerCommit = 3;

/** Millionths of a USD. Commits stand for steps: each was one state, one invocation and one transaction. */
export const costMicroUsd = (head: Pick<Head, 'auditSeq' | 'generation'>): number =>
  head.auditSeq * (price.transition + price.invocation + itemsPerCommit * price.transactedItem) +
  2 * head.generation * price.transition;
