/** What is timed, the same for Holdpoint and the bare sample. All times are milliseconds. */

export interface ApprovalTimes {
  /** The request is answered. */
  submit: number;
  /** From the request until the mail has been captured. */
  mail: number;
  /** The decision is answered. */
  decide: number;
  /** From the decision until the run has ended. */
  decided: number;
}

export type Times = ApprovalTimes & {
  /** From the request until the run of a refund that needs nobody has ended. */
  refund: number;
};

export const timings = ['submit', 'mail', 'decide', 'decided', 'refund'] as const satisfies (keyof Times)[];

/** A run of which one step after the other is taken: whoever counts looks at what happened between two of them. */
export interface Side {
  /** Submits an approval and waits until it is mailed and nothing moves any more. */
  ask(): Promise<Asked>;
  /** Submits a refund and waits until its run has ended and nothing moves any more. */
  refund(): Promise<{ refund: number; run: string }>;
}

interface Asked {
  times: Pick<ApprovalTimes, 'submit' | 'mail'>;
  /** ARN of the run. */
  run: string;
  /** Posts the decision and waits for the run's end. `ready` is told when everything is prepared, just before the post. */
  decide(ready?: () => void): Promise<Pick<ApprovalTimes, 'decide' | 'decided'>>;
}

/** An approval from its request to its end. */
export async function approve(side: Side): Promise<ApprovalTimes> {
  const asked = await side.ask();
  return { ...asked.times, ...(await asked.decide()) };
}
