/** The ways through the house that are broken at each of their calls. One approver each, so that a path makes the same calls each time. */

import { approvalIntent, refundIntent } from '../deployed/world.ts';

export interface Path {
  name: string;
  /** The order and the words hold the mark. */
  intent(mark: string): object;
  /** What the person decides; nobody is asked if not given. */
  decision?: 'approved' | 'rejected';
  /** The person waits for the ladder's reminder. */
  reminded?: boolean;
  ends: 'COMPLETED' | 'FAILED';
  refunds: 0 | 1;
  /** Only what happens from this event on is broken: the rest is another path's. */
  from?: string;
  /** Only what happens for this event is broken. */
  only?: string;
  /** What goes wrong on this path anyway, so that the sweep has something to do. */
  anyway?: { point: string; do: 'drop' | 'kill' }[];
}

/** The sweep's event names no intent. */
export const sweepEvent = 'sweep: each minute';

const human_task = { assignees: ['ada'] };
const remindAfterSeconds = 4;

export const paths: Path[] = [
  {
    name: 'refund, approved',
    intent: (mark) => ({ ...refundIntent(orderOf(mark), 18_000), human_task }),
    decision: 'approved',
    ends: 'COMPLETED',
    refunds: 1,
  },
  {
    name: 'refund, rejected',
    intent: (mark) => ({ ...refundIntent(orderOf(mark), 18_000), human_task }),
    decision: 'rejected',
    ends: 'FAILED',
    refunds: 0,
    from: 'approvals: POST',
  },
  {
    name: 'refund, allowed',
    intent: (mark) => refundIntent(orderOf(mark), 4_000),
    ends: 'COMPLETED',
    refunds: 1,
  },
  {
    name: 'approval',
    intent: (mark) => ({ ...approvalIntent({ task: `Deploy ${mark}?` }), human_task }),
    decision: 'approved',
    ends: 'COMPLETED',
    refunds: 0,
  },
  {
    name: 'approval, reminded',
    intent: (mark) => ({
      ...approvalIntent({ task: `Deploy ${mark}?` }),
      human_task,
      remind_after_seconds: remindAfterSeconds,
    }),
    decision: 'approved',
    reminded: true,
    ends: 'COMPLETED',
    refunds: 0,
    from: 'steps: rung',
  },
  {
    name: 'refund, swept',
    intent: (mark) => refundIntent(orderOf(mark), 4_000),
    ends: 'COMPLETED',
    refunds: 1,
    only: sweepEvent,
    anyway: [
      { point: 'dispatch: stream: SQS SendMessage start', do: 'drop' },
      { point: 'steps: complete: DynamoDB Query intents state', do: 'kill' },
    ],
  },
];

export const orderOf = (mark: string): string => `T-${mark}`;
