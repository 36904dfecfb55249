/** Lives that are dealt otherwise: full of one thing, with the faults that meet in it. What needs several rare things at once shows there. */

import type { PaceName } from './chaos.ts';
import type { Fault } from './faults.ts';

export interface Profile {
  pace: PaceName;
  /** Until faults end. */
  steps: number;
  /** Other chances than theirs; no seed is spared these. */
  likely: Partial<Record<Fault, number>>;
  /** What would only keep calls from being made. */
  without: readonly Fault[];
}

const calls = {
  pace: 'calls',
  steps: 1000,
  without: [
    'callRefused',
    'answerLost',
    'commitMeetsItself',
    'readTorn',
    'killedBefore',
    'killedAfter',
    'startRefused',
    'runKilled',
    'stepAnswerLost',
    'recordLost',
    'messageTwice',
    'messageLate',
    'payRefused',
  ],
} as const;

export const profiles = {
  /** Functions of tools run out of time between what they have stored and what they call. */
  frozenCalls: { ...calls, likely: { answerLate: 0.5, frozen: 1 } },
  /** What the provider has taken does not show yet, and somebody looks it up. */
  earlyLooks: { ...calls, likely: { stepTwice: 0.7, paysLate: 0.7 } },
  /** Receivers fail at every other try, and what is given up is pushed again. */
  pushes: {
    pace: 'pushes',
    steps: 1000,
    without: ['callRefused', 'answerLost', 'killedBefore', 'killedAfter', 'recordLost', 'messageLate'],
    likely: { receiverBusy: 0.3, receiverSlow: 0.1, receiverLies: 0.1, receiverDown: 1 },
  },
  /** People decide just when their time is over. */
  lastMoments: { pace: 'deadlines', steps: 1000, without: [], likely: {} },
} as const satisfies Record<string, Profile>;

export type ProfileName = keyof typeof profiles;
