/** Who must agree, in what order: steps, each decided by one, some or all of the people it asks. */

/** Whom a step asks: whoever it means when it begins. */
export type Asks =
  /** Everybody who holds the role, in one region where it says one. */
  | { role: string; region?: string }
  /** One person, by id or mail address. */
  | { person: string }
  /** The manager of the person the agent acts for. */
  | { managerOf: 'requester' };

export type ChainStep = Asks & {
  /** How many of them must decide for it. */
  need: number | 'all';
};

export interface Chain {
  steps: readonly ChainStep[];
  /** What a decision against does: a `veto` ends it; by `majority` it ends once too few are left to decide for it. */
  against: 'veto' | 'majority';
}

/** What one person of a role decides alone. */
export const oneOf = (role: string): Chain => ({ steps: [{ role, need: 1 }], against: 'veto' });

/** A step that one person decides. */
export const person = (idOrMail: string): ChainStep => ({ person: idOrMail, need: 1 });

/** A step that the manager of the person the agent acts for decides. */
export const manager: ChainStep = { managerOf: 'requester', need: 1 };

/** Whom a step asks, in a word: a role's name where it asks one, never a person's. */
export function wordOf(step: Asks): string {
  if ('role' in step) return step.region === undefined ? step.role : `${step.role} of ${step.region}`;
  return 'person' in step ? 'person' : 'manager';
}

/** More steps help nobody; each decision stays in the task. */
export const maxSteps = 10;

/** Declares a chain. Throws RangeError where a step could never be decided, or would be decided by nobody, or there are too many. */
export function chain(steps: readonly ChainStep[], against: Chain['against'] = 'veto'): Chain {
  if (steps.length === 0) throw new RangeError('a chain needs a step');
  if (steps.length > maxSteps) throw new RangeError(`a chain has at most ${maxSteps} steps`);
  for (const step of steps) {
    const { need } = step;
    if (need !== 'all' && !(Number.isInteger(need) && need >= 1))
      throw new RangeError(`${wordOf(step)}: at least one must decide, or all`);
    if (!('role' in step) && need !== 1 && need !== 'all') throw new RangeError(`${wordOf(step)}: one person decides`);
  }
  return { steps, against };
}

/** Of a chain's first step one person after the other, whoever of them takes it on. */
export const oneByOne = ({ steps: [first], against }: Chain): Chain => ({
  steps: first ? [{ ...first, need: 1 }] : [],
  against,
});

/** How many of those a step asks must decide for it. */
export const neededOf = ({ need }: Pick<ChainStep, 'need'>, asked: number): number => (need === 'all' ? asked : need);

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
