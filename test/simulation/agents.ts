/** Agents: what they ask for, under which Idempotency-Key, and what they were answered. */

import type { ApiKey } from '../../adapters/keys.ts';
import type { Directory } from '../../core/directory.ts';
import type { IntentType } from '../../core/intent-type.ts';
import type { Head } from '../../core/model.ts';
import type { Store } from '../../core/ports.ts';
import { resolve } from '../../functions/api/answer.ts';
import { resume } from '../../functions/api/resume.ts';
import { admit } from '../../functions/api/submit.ts';
import { apply } from '../../functions/scenarios/apply.ts';
import { functionSettings } from '../../infra/settings.ts';
import { callers, colleagues } from './firm.ts';
import type { Process } from './process.ts';
import type { Random } from './random.ts';
import { bundleOf } from './scenarios.ts';
import type { Sim } from './sim.ts';

const hour = 3600;

/** Intents of a life that are a part of another, at the most. */
const mostParts = 3;

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

/** Of an undeclared type, to one of the agents of whoever asks. */
const taskFor = (tenant: string, random: Random, more: object = {}) => ({
  intent_type: 'task.parcels.v1',
  payload: { task: 'Ship the parcel.' },
  to_agent: random.pick(colleagues(tenant)),
  ...(random.chance(0.5) ? { reply_to: 'support-bot' } : {}),
  ...(random.chance(0.7) ? { max_delivery_attempts: random.between(1, 4) } : {}),
  ...more,
});

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
  'work of an agent': (random: Random, now: number, tenant: string) =>
    taskFor(tenant, random, random.chance(0.7) ? deadlineIn(now, random.between(1, 30 * hour)) : {}),
  'work of an agent that is reminded': (random: Random, now: number, tenant: string) =>
    taskFor(tenant, random, {
      remind_after_seconds: random.between(1, hour),
      remind_interval_seconds: random.between(60, 6 * hour),
      max_reminders: random.between(1, 4),
      ...(random.chance(0.7) ? { escalate_to: random.pick(colleagues(tenant)) } : {}),
      ...(random.chance(0.7) ? deadlineIn(now, random.between(hour, 60 * hour)) : {}),
    }),
  'a procedure': (random: Random, now: number) => bundleOf(random, now),
  'a person, by a type that is not declared': () => ({
    intent_type: 'task.parcels.v1',
    payload: { task: 'Ship the parcel?' },
    human_task: { title: 'Look' },
  }),
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
  'work of an agent': 0,
  'work of an agent that is reminded': 0,
  'a person, by a type that is not declared': 0,
  'a procedure': 0,
};

/** Procedures, and what stands beside them. */
export const proceduresMostly: Partial<Record<Request, number>> = { 'a procedure': 6, 'work of an agent': 1 };

/** What agents do for each other, and some of what people decide for them. */
export const agentsWork: Partial<Record<Request, number>> = {
  'work of an agent': 5,
  'work of an agent that is reminded': 4,
  'a person, by a type that is not declared': 1,
  'small refund': 1,
  approval: 1,
};

const everybodyIsThere = { isThere: async () => true, make: async () => false };

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
  readonly #typeOf: (head: Head) => IntentType | undefined;
  readonly #people: () => Directory;

  constructor(
    sim: Sim,
    {
      storeOf,
      typeOf,
      people,
    }: {
      storeOf: (process: Process) => Store;
      typeOf: (head: Head) => IntentType | undefined;
      people: () => Directory;
    },
  ) {
    this.#sim = sim;
    this.#storeOf = storeOf;
    this.#typeOf = typeOf;
    this.#people = people;
  }

  ask(weights: Partial<Record<Request, number>>): void {
    const { random, now } = this.#sim;
    const kind = random.weighted(weights as Record<Request, number>);
    const caller = random.pick(callers);
    this.#ask(caller, requests[kind](random, now, caller.tenant), kind);
  }

  /** Whoever works on an intent asks another for a part of it. */
  askForPart(caller: ApiKey, parent: string): void {
    if (this.asked.filter(({ body }) => 'parent_intent_id' in body).length >= mostParts) return;
    const { random, now } = this.#sim;
    const of = { parent_intent_id: parent };
    const body = random.chance(0.7)
      ? taskFor(caller.tenant, random, { ...of, ...deadlineIn(now, random.between(hour, 60 * hour)) })
      : approvalOf(of);
    this.#ask(caller, body, 'a part');
  }

  #ask(caller: ApiKey, body: object, kind: string): void {
    const asked: Asked = { caller, key: `key-${this.asked.length + 1}`, body, answers: new Set() };
    this.asked.push(asked);
    this.#send(asked, kind);
  }

  /** Whoever asked wants it no more. */
  withdraw({ caller, answers }: Asked): void {
    const [intentId] = answers;
    if (intentId === undefined) return;
    const idempotencyKey = this.#sim.random.chance(0.5) ? 'withdraw' : undefined;
    this.#sim.spawn({
      name: 'agent withdraws',
      about: intentId,
      timeoutSeconds: functionSettings.api.timeoutSeconds,
      work: (process) =>
        resolve(
          this.#storeOf(process),
          caller,
          { tenant: caller.tenant, intentId },
          {
            body: { status: 'CANCELED', reason: 'Wanted no more.' },
            idempotencyKey,
            fencingToken: undefined,
            context: this.#sim.contextOf(process),
          },
        ),
    });
  }

  repeat(asked: Asked): void {
    this.#send(asked, 'the same again');
  }

  /** Must be refused, or be the first under its key. */
  change(asked: Asked): void {
    const other = 'scenario_id' in asked.body ? { ...asked.body, title: 'Something else' } : undefined;
    this.#send({ ...asked, body: other ?? approvalOf({ payload: { task: 'Something else?' } }) }, 'other');
  }

  /** What people asked to be changed, or nothing that anybody waits for; now and then the same once more. */
  goOn({ caller, answers, body }: Asked): void {
    const { random } = this.#sim;
    const [intentId] = answers;
    // What an agent works on, nobody sends back.
    if (intentId === undefined || 'to_agent' in body || 'scenario_id' in body) return;
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
          typeOf: this.#typeOf,
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
        const store = this.#storeOf(process);
        const answer =
          'scenario_id' in asked.body
            ? await apply({ store, directory: this.#people(), accounts: everybodyIsThere }, asked.caller, request)
            : await admit(store, asked.caller, request);
        asked.answers.add(String(answer.intent_id));
      },
    });
  }
}
