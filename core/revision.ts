/** Revisions: what people sent back is asked again, by a task of its own. What they were shown before stays as it was. */

/** The task of an intent's n-th revision, from 1. */
export const taskIdOf = (intentId: string, revision: number): string =>
  revision === 1 ? `${intentId}.1` : `${intentId}.r${revision}`;

/** The operators' task of an intent: it is frozen once, and in whatever revision. */
export const takeoverIdOf = (intentId: string): string => `${intentId}.override`;

/** Numbers of the revisions before one, from 1. */
export const revisionsBefore = (revision: number): number[] => Array.from({ length: revision - 1 }, (_, i) => i + 1);
