/** Who must agree, in what order: steps, each decided by one, some or all of the people it asks. */

export interface ChainStep {
  /** Whoever holds this role when the step begins is asked. */
  role: string;
  /** How many of them must decide for it. */
  need: number | 'all';
}

export interface Chain {
  steps: readonly ChainStep[];
  /** What a decision against does: a `veto` ends it; by `majority` it ends once too few are left to decide for it. */
  against: 'veto' | 'majority';
}

/** What one person of a role decides alone. */
export const oneOf = (role: string): Chain => ({ steps: [{ role, need: 1 }], against: 'veto' });

/** Declares a chain. Throws RangeError where a step could never be decided, or would be decided by nobody. */
export function chain(steps: readonly ChainStep[], against: Chain['against'] = 'veto'): Chain {
  if (steps.length === 0) throw new RangeError('a chain needs a step');
  for (const { role, need } of steps)
    if (need !== 'all' && !(Number.isInteger(need) && need >= 1))
      throw new RangeError(`${role}: at least one must decide, or all`);
  return { steps, against };
}

/** How many of those a step asks must decide for it. */
export const neededOf = ({ need }: ChainStep, asked: number): number => (need === 'all' ? asked : need);

export type Standing = 'open' | 'for' | 'against';

/** Where a step stands after these votes; `asked` is how many people it asks. */
export function standingOf(
  step: ChainStep,
  against: Chain['against'],
  asked: number,
  votes: readonly { for: boolean }[],
): Standing {
  const needed = neededOf(step, asked);
  const pro = votes.filter((vote) => vote.for).length;
  const contra = votes.length - pro;
  if (against === 'veto' && contra > 0) return 'against';
  if (pro >= needed) return 'for';
  return asked - contra < needed ? 'against' : 'open';
}
