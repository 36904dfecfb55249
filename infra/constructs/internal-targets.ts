import { internalTarget, rightOf } from '../../core/internal-target.ts';
import type { Grantee } from './node-function.ts';

/** Lets a function reach one thing of the account that the configuration names. A function is called as it is named: by its alias, or without. */
export function reachInternal(from: Grantee, arn: string): void {
  const target = internalTarget(arn);
  if (!target) throw new Error(`internalTargets: ${arn} is no ARN of a function, a queue or a bus`);
  from.allow([rightOf[target.service]], [arn]);
}
