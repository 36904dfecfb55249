/** An agent leaves a state with an intent that it asked for, or works on; a later one takes the place of an earlier one. */

import type { Change, Done } from '../commit.ts';
import { Conflict, PolicyDenied } from '../errors.ts';
import { isTerminal } from '../lifecycle.ts';
import type { IntentState } from '../model.ts';
import type { Context } from '../ports.ts';
import { type ResumeState, resumeStateRecord } from '../resume-state.ts';
import { receives } from './answer.ts';
import { existing } from './common.ts';

export interface Keeping {
  agent: string;
  any?: boolean;
  requestId: string;
  /** What it left before. */
  before: ResumeState | undefined;
}

/** Nothing changes where it is the same again. Throws NotFound, PolicyDenied, Conflict `intent_terminal`. */
export function keepResumeState(
  given: IntentState | undefined,
  by: Keeping,
  kept: ResumeState,
  _context: Context,
): Change<ResumeState> | Done<ResumeState> {
  const state = existing(given);
  const { head } = state;
  if (head.from !== by.agent && !receives(state, by))
    throw new PolicyDenied('Only the agents that asked for it, or work on it, leave a state with an intent.', {
      reason: 'not_yours',
    });
  if (by.before?.sha256 === kept.sha256) return { done: by.before };
  if (isTerminal(head.status)) throw new Conflict('intent_terminal', `The intent has ended as ${head.status}.`);
  return {
    command: `resume-state:${by.requestId}`,
    action: 'resume_state.kept',
    actor: { kind: 'agent', id: by.agent, via: 'api key' },
    head: { keeps: true },
    events: [],
    data: { resume_state: resumeStateRecord(kept) },
    writes: { resumeState: kept },
    result: kept,
  };
}
