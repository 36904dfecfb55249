/** Agents: what they ask for, under which Idempotency-Key, and what they were answered. */

import type { ApiKey } from '../../adapters/keys.ts';
import type { IntentType } from '../../core/intent-type.ts';
import type { Store } from '../../core/ports.ts';
import { resume } from '../../functions/api/resume.ts';
import { admit } from '../../functions/api/submit.ts';
import { functionSettings } from '../../infra/settings.ts';
import { maxKeyPart } from '../../wire/addresses.ts';
import type { Process } from './process.ts';
import type { Random } from './random.ts';
import type { Sim } from './sim.ts';

const hour = 3600;

const refundOf = (amount_cents: number, more: object = {}) => ({
  intent_type: 'intent.refund.v1',
  payload: { order_id: 'A-1042', amount_cents, currency: 'EUR', reason: 'arrived broken' },
  ...more,
});
const approvalOf = (more: object = {}) => ({
  intent_type: 'human_approval',
  payload: { task: 'Send the newsletter?' },
  ...more,
});
const deadlineIn = (now: number, seconds: number) => ({ deadline_at: new Date(now + seconds * 1000).toISOString() });

const operatorsAfter = (random: Random) => ({
  expire: { after_seconds: random.between(60, 2 * hour), opens: 'override' },
});

/** What may be asked, by name. */
const requests = {
  approval: () => approvalOf(),
  'approval with a deadline': (random: Random, now: number) => approvalOf(deadlineIn(now, random.between(1, 8 * hour))),
  'approval with reminders of its own': (random: Random) =>
    approvalOf({
      remind_after_seconds: random.between(1, hour),
      remind_interval_seconds: random.between(60, 6 * hour),
      max_reminders: random.between(1, 4),
    }),
  'approval that escalates': (random: Random) => {
    const to = random.pick(['manager', 'backup', 'role', 'finance', 'eve', 'nobody@example.com']);
    const escalation = (from: number) => ({
      after_seconds: random.between(from, from + 20 * hour),
      how: random.chance(0.5) ? 'adds' : 'replaces',
      ...(to && random.chance(0.7) ? { to } : {}),
    });
    const escalate = [escalation(60), escalation(10 * hour)];
    const last = Math.max(11 * hour, ...escalate.map((one) => one.after_seconds + 1));
    const ladder = {
      business_hours: random.chance(0.3),
      remind: { after_seconds: random.between(60, 10 * hour), times: random.between(0, 3), final_seconds: hour },
      escalate,
      expire: { after_seconds: random.between(last, 31 * hour) },
    };
    return approvalOf({ human_task: { title: 'Look', ladder } });
  },
  'approval that needs a comment of a named person': () =>
    approvalOf({ human_task: { title: 'Look', assignees: ['cleo'], required_comment: true } }),
  'approval of low priority': (random: Random) =>
    approvalOf({
      human_task: {
        title: 'Look some time',
        priority: 'low',
        ...(random.chance(0.5) ? { assignees: ['cleo'] } : {}),
        ladder: {
          remind: { after_seconds: random.between(60, 40 * hour), times: random.between(0, 2) },
          escalate: [{ after_seconds: random.between(20 * hour, 60 * hour) }],
          expire: { after_seconds: random.between(61 * hour, 72 * hour) },
        },
      },
    }),
  'approval for one of the approvers': () =>
    approvalOf({
      on_behalf_of: 'ada@example.com',
      human_task: { title: 'Look', ladder: { escalate: [{ after_seconds: hour, to: 'role' }] } },
    }),
  'work that a person shows to have done': () =>
    approvalOf({ human_task: { title: 'Unlock', task_type: 'manual_action' } }),
  'somebody to take it on': () => approvalOf({ human_task: { title: 'Who?', task_type: 'assignment' } }),
  'refund for somebody with a very long name': (random: Random, now: number) =>
    refundOf(18_000, { on_behalf_of: 'ö'.repeat(64), ...deadlineIn(now, random.between(hour, 8 * hour)) }),
  'approval that operators end': (random: Random, now: number) =>
    approvalOf({
      human_task: { title: 'Look', ladder: operatorsAfter(random) },
      ...(random.chance(0.3) ? deadlineIn(now, random.between(2 * hour, 20 * hour)) : {}),
    }),
  'refund that operators end': (random: Random) =>
    refundOf(random.chance(0.7) ? 18_000 : 600_000, { human_task: { title: 'Look', ladder: operatorsAfter(random) } }),
  review: () => approvalOf({ human_task: { title: 'Look', task_type: 'review' } }),
  'small refund': () => refundOf(4_000),
  refund: () => refundOf(18_000),
  'refund with a deadline': (random: Random, now: number) =>
    refundOf(18_000, deadlineIn(now, random.between(1, 8 * hour))),
  'refund that two decide': () => refundOf(600_000),
  'refund of more than there is': () => refundOf(2_000_000),
  'approval that is soon over': (random: Random) => {
    const after_seconds = random.between(60, 600);
    const ladder = { remind: { after_seconds }, expire: { after_seconds: after_seconds + random.between(1, 600) } };
    return approvalOf({ human_task: { title: 'Look', ladder } });
  },
} as const;
type Request = keyof typeof requests;

/** What calls a tool soon. */
export const refundsOnly: Partial<Record<Request, number>> = { 'small refund': 4, refund: 1 };

/** What calls a tool at once. */
export const smallRefunds: Partial<Record<Request, number>> = { 'small refund': 1 };

/** Reminded just before its time is over, so that a link that was replaced is still taken when it is. */
export const soonOver: Partial<Record<Request, number>> = { 'approval that is soon over': 1 };

/** How often each is asked against the others. */
export const allRequests: Record<Request, number> = {
  approval: 2,
  review: 3,
  'approval with a deadline': 2,
  'approval with reminders of its own': 2,
  'approval that escalates': 3,
  'approval that operators end': 2,
  'refund that operators end': 2,
  'approval that needs a comment of a named person': 1,
  'approval of low priority': 3,
  'approval for one of the approvers': 1,
  'work that a person shows to have done': 1,
  'somebody to take it on': 2,
  'small refund': 5,
  refund: 7,
  'refund with a deadline': 2,
  'refund for somebody with a very long name': 2,
  'refund that two decide': 3,
  'refund of more than there is': 1,
  'approval that is soon over': 0,
};

/** The longest that an address may be; heads must be small all the same. */
const longest = 'x'.repeat(maxKeyPart);
const callers: [ApiKey, ...ApiKey[]] = ['acme/shop', 'acme/shop', 'acme/lab', `${longest}/${longest}`].map(
  (tenant) => ({
    keyId: 'key',
    tenant,
    agent: `agent://${tenant}/${tenant.startsWith('acme') ? 'support-bot' : longest}`,
    name: 'simulated',
    createdAt: '2026-11-01T00:00:00.000Z',
  }),
) as [ApiKey, ...ApiKey[]];

export interface Asked {
  caller: ApiKey;
  key: string;
  body: object;
  /** Ids that the agent was given for this key and body. */
  answers: Set<string>;
}

export class Agents {
  readonly asked: Asked[] = [];
  readonly #sim: Sim;
  readonly #storeOf: (process: Process) => Store;
  readonly #typeOf: (name: string) => IntentType | undefined;

  constructor(sim: Sim, storeOf: (process: Process) => Store, typeOf: (name: string) => IntentType | undefined) {
    this.#sim = sim;
    this.#storeOf = storeOf;
    this.#typeOf = typeOf;
  }

  ask(weights: Partial<Record<Request, number>>): void {
    const { random, now } = this.#sim;
    const kind = random.weighted(weights as Record<Request, number>);
    const asked: Asked = {
      caller: random.pick(callers),
      key: `key-${this.asked.length + 1}`,
      body: requests[kind](random, now),
      answers: new Set(),
    };
    this.asked.push(asked);
    this.#send(asked, kind);
  }

  repeat(asked: Asked): void {
    this.#send(asked, 'the same again');
  }

  /** Must be refused, or be the first under its key. */
  change(asked: Asked): void {
    this.#send(
      { ...asked, body: approvalOf({ payload: { task: 'Something else?' } }), answers: asked.answers },
      'other',
    );
  }

  /** What people asked to be changed, or nothing that anybody waits for; now and then the same once more. */
  goOn({ caller, answers, body }: Asked): void {
    const { random } = this.#sim;
    const [intentId] = answers;
    if (intentId === undefined) return;
    const { payload } = body as { payload: { amount_cents?: number } };
    const changed =
      payload.amount_cents === undefined
        ? { task: 'Again?' }
        : { ...payload, amount_cents: random.pick([3_000, 9_000, 700_000]) };
    const idempotencyKey = random.chance(0.5) ? `answer-${random.below(3)}` : undefined;
    this.#sim.spawn({
      name: 'agent answers',
      about: intentId,
      timeoutSeconds: functionSettings.api.timeoutSeconds,
      work: (process) => {
        const context = this.#sim.contextOf(process);
        const request = {
          body: { payload: changed },
          idempotencyKey,
          typeOf: (head: { type: string }) => this.#typeOf(head.type),
          context,
        };
        return resume(this.#storeOf(process), caller, { tenant: caller.tenant, intentId }, request);
      },
    });
  }

  #send(asked: Asked, kind: string): void {
    this.#sim.spawn({
      name: `agent asks for ${kind}`,
      timeoutSeconds: functionSettings.api.timeoutSeconds,
      work: async (process) => {
        const context = this.#sim.contextOf(process)();
        const request = {
          body: asked.body,
          idempotencyKey: asked.key,
          traceId: `trace-${asked.key}`.padEnd(64, '-'),
          context,
        };
        const answer = await admit(this.#storeOf(process), asked.caller, request);
        asked.answers.add(String(answer.intent_id));
      },
    });
  }
}
