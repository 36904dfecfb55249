/** What earlier versions stored, as this one reads it: waits outlive deploys. */

import { oneOf } from './chain.ts';
import type { Link, StoredPlan, Task } from './model.ts';

/** Before chains, one decision of the task's role was all; before codes, the link was all that it took. */
export const taskOf = (stored: Omit<Task, 'chain' | 'step' | 'votes' | 'risk'> & Partial<Task>): Task => ({
  risk: 'low',
  chain: oneOf(stored.role),
  step: 0,
  votes: stored.decision ? [{ ...stored.decision, step: 0 }] : [],
  ...stored,
});

/** Before chains, a plan named the role that decides. */
export const planOf = ({ role, ...stored }: StoredPlan & { role?: string }): StoredPlan =>
  role === undefined ? stored : { of: oneOf(role), ...stored };

/** Before chains, every link was for the only step. */
export const linkOf = (stored: Omit<Link, 'step'> & Partial<Link>): Link => ({ step: 0, ...stored });
