/** What earlier versions stored, as this one reads it: waits outlive deploys. */

import { oneOf } from './chain.ts';
import type { Decision, Link, StoredPlan, Task } from './model.ts';
import { unspecified } from './tasks.ts';

/** Before there were reasons, nobody gave one. */
const decisionOf = (stored: Omit<Decision, 'reason'> & Partial<Decision>): Decision => ({
  reason: unspecified,
  ...stored,
});

type Known = 'chain' | 'step' | 'votes' | 'revision' | 'rounds' | 'priority' | 'risk';

/**
 * Before chains, one decision of the task's role was all; before reviews, everything was asked once; before codes, the
 * link was all that it took.
 */
export function taskOf(stored: Omit<Task, Known> & Partial<Task>): Task {
  const votes = stored.votes ?? (stored.decision ? [{ ...stored.decision, step: 0 }] : []);
  return {
    chain: oneOf(stored.role),
    step: 0,
    revision: 1,
    rounds: 1,
    priority: 'normal',
    risk: 'low',
    ...stored,
    votes: votes.map(decisionOf),
    ...(stored.decision ? { decision: decisionOf(stored.decision) } : {}),
  };
}

/** Before chains, a plan named the role that decides. */
export const planOf = ({ role, ...stored }: StoredPlan & { role?: string }): StoredPlan =>
  role === undefined ? stored : { of: oneOf(role), ...stored };

/** Before chains, every link was for the only step. */
export const linkOf = (stored: Omit<Link, 'step'> & Partial<Link>): Link => ({ step: 0, ...stored });
