/** The ways through the house that are broken at each of their calls. One approver and one agent each, so that a path makes the same calls each time. */

import { approvalIntent, newCharge, refundIntent } from '../deployed/world.ts';
import { listens } from './bus.ts';
import type { Case } from './case.ts';
import {
  answers,
  answersWebhook,
  binds,
  claimsAndAnswers,
  claimsAndDies,
  decides,
  entersByDoor,
  submits,
  subscribes,
  works,
} from './clients.ts';
import { sweepEvent } from './points.ts';

export interface Path {
  name: string;
  /** In a tenant that the deployment names, where not in one of its own. */
  tenant?: string;
  /** Before anything is watched. */
  prepare?(one: Case): Promise<void>;
  /** The order and the words hold the mark. Gives the intent's id. */
  submit(one: Case): Promise<string>;
  /** What agents and people do then, one after the other. */
  acts: ((one: Case) => Promise<void>)[];
  ends: 'COMPLETED' | 'FAILED';
  refunds?: 1;
  /** How often the record has what may happen so often and no more. */
  recorded: Record<string, number>;
  mails?: number;
  /** The person waits for the ladder's reminder. */
  reminded?: true;
  /** Its result is what the agent answered. */
  answered?: true;
  /** How many entries come into the agent's mailbox, and into that of the agent that asked. */
  delivered?: number;
  replied?: number;
  /** What a subscription asks to be told. */
  told?: string[];
  /** All of it is told on the bus. */
  onBus?: true;
  /** Only what happens from this event on is broken: the rest is another path's. */
  from?: string;
  /** Only what happens for these events is broken. */
  only?: string | RegExp;
  /** What another path has broken already. */
  without?: RegExp;
  /** Reads are broken once for each occasion: it is the writes between them that matter. */
  brief?: true;
  /** What goes wrong on this path anyway, so that the sweep has something to do. */
  anyway?: { point: string; do: 'drop' | 'kill' }[];
}

const human_task = { assignees: ['ada'] };
const remindAfterSeconds = 4;

const orderOf = ({ mark }: Case): string => `T-${mark}`;
const charge = async (one: Case) => void (await newCharge(100_000, 'eur', orderOf(one)));
const deploy = ({ mark }: Case) => ({ ...approvalIntent({ task: `Deploy ${mark}?` }), human_task });
const parcel = ({ mark, worker }: Case) => ({
  intent_type: 'parcels.pack.v1',
  to_agent: worker.address,
  payload: { parcel: mark },
});

const decided = { 'task.decided': 1 };
const answered = { 'agent.completed': 1 };

/** An agent's step, a person's, news for the person, and a pause. */
const rollout = ({ mark, worker }: Case) => ({
  scenario_id: 'rollout.web.v1',
  agents: [{ role: 'checker', address: worker.address }],
  humans: [{ role: 'boss', contact: 'ada@example.com' }],
  workflow: {
    steps: [
      { step_id: 'check', assigned_to: 'checker' },
      { step_id: 'approve', assigned_to: 'boss', human_task: { title: `Roll out ${mark}?` } },
      {
        step_id: 'tell',
        runtime_type: 'notification',
        assigned_to: 'boss',
        runtime_config: { message: `${mark} is rolled out.` },
      },
      { step_id: 'settle', runtime_type: 'delay', runtime_config: { delay_seconds: 1 } },
    ],
  },
  intent: { type: 'rollout.web.v1', payload: { version: mark } },
});

export const paths: Path[] = [
  {
    name: 'refund, approved',
    prepare: charge,
    submit: submits((one) => ({ ...refundIntent(orderOf(one), 18_000), human_task })),
    acts: [decides('approved')],
    ends: 'COMPLETED',
    refunds: 1,
    recorded: decided,
    mails: 1,
  },
  {
    name: 'refund, rejected',
    prepare: charge,
    submit: submits((one) => ({ ...refundIntent(orderOf(one), 18_000), human_task })),
    acts: [decides('rejected')],
    ends: 'FAILED',
    recorded: decided,
    mails: 1,
    from: 'approvals: POST',
  },
  {
    name: 'refund, allowed',
    prepare: charge,
    submit: submits((one) => refundIntent(orderOf(one), 4_000)),
    acts: [],
    ends: 'COMPLETED',
    refunds: 1,
    recorded: { 'task.decided': 0 },
  },
  {
    name: 'approval',
    submit: submits(deploy),
    acts: [decides('approved')],
    ends: 'COMPLETED',
    recorded: decided,
    mails: 1,
  },
  {
    name: 'approval, reminded',
    submit: submits((one) => ({ ...deploy(one), remind_after_seconds: remindAfterSeconds })),
    acts: [decides('approved')],
    ends: 'COMPLETED',
    recorded: decided,
    mails: 2,
    reminded: true,
    from: 'steps: rung',
  },
  {
    name: 'refund, swept',
    prepare: charge,
    submit: submits((one) => refundIntent(orderOf(one), 4_000)),
    acts: [],
    ends: 'COMPLETED',
    refunds: 1,
    recorded: { 'task.decided': 0 },
    only: sweepEvent,
    anyway: [
      { point: 'dispatch: stream: SQS SendMessage start', do: 'drop' },
      { point: 'steps: complete: DynamoDB Query intents state', do: 'kill' },
    ],
  },
  {
    name: 'delegation, pushed',
    prepare: binds,
    submit: submits((one) => ({ ...parcel(one), reply_to: one.agent.address })),
    acts: [answersWebhook],
    ends: 'COMPLETED',
    recorded: answered,
    answered: true,
    delivered: 1,
    replied: 1,
    without: /^api: GET/,
    brief: true,
  },
  {
    name: 'delegation, claimed and lost',
    submit: submits(parcel),
    acts: [claimsAndDies, claimsAndAnswers],
    ends: 'COMPLETED',
    recorded: { ...answered, 'claim.granted': 2, 'claim.lost': 1 },
    answered: true,
    delivered: 2,
    from: 'streams: GET',
    without: /^(api: GET|runs|dispatch: stream: SQS SendMessage wake)/,
    brief: true,
  },
  {
    name: 'procedure',
    submit: submits(rollout, '/v1/scenarios/apply'),
    acts: [works, decides('approved')],
    ends: 'COMPLETED',
    recorded: { ...decided, 'step.begun': 4 },
    mails: 2,
    delivered: 1,
    // A part is a delegation, and a person is asked as ever.
    without: /^(api: GET|runs: start|deliver|steps: await_answer|mail: assigned|approvals: GET)/,
    brief: true,
  },
  {
    name: 'delegation, told',
    prepare: subscribes,
    submit: submits(parcel),
    acts: [works],
    ends: 'COMPLETED',
    recorded: answered,
    answered: true,
    delivered: 1,
    told: ['intent.completed'],
    only: /^(announce|callbacks)/,
    brief: true,
  },
  {
    name: 'delegation, by an event',
    tenant: 'events/main',
    submit: entersByDoor,
    prepare: ({ agent }) => listens(agent.tenant),
    acts: [answers],
    ends: 'COMPLETED',
    recorded: answered,
    answered: true,
    onBus: true,
    only: /^(event-door|announce)/,
    brief: true,
  },
];
