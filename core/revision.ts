/** Revisions: what people sent back is asked again, by a task of its own. What they were shown before stays as it was. */

import { hashOf } from './hash.ts';
import type { IntentRequest, StoredPlan } from './model.ts';

/** The task of an intent's n-th revision, from 1. */
export const taskIdOf = (intentId: string, revision: number): string =>
  revision === 1 ? `${intentId}.1` : `${intentId}.r${revision}`;

/** The operators' task of an intent: it is frozen once, and in whatever revision. */
export const takeoverIdOf = (intentId: string): string => `${intentId}.override`;

/** Numbers of the revisions before one, from 1. */
export const revisionsBefore = (revision: number): number[] => Array.from({ length: revision - 1 }, (_, i) => i + 1);

/** What is decided on, as its hash: the plan, or the payload. No two revisions have the same, also where nothing changed. */
export function subjectHashOf(request: IntentRequest, plan: StoredPlan | undefined, revision: number): string {
  if (plan) return plan.hash;
  return revision === 1 ? request.payloadHash : hashOf({ payload_hash: request.payloadHash, revision });
}
