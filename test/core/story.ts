/** One intent's story on the store in memory: each method is what one door or one step of the run does. */

import { perform } from '../../core/commit.ts';
import type { Directory } from '../../core/directory.ts';
import { sha256 } from '../../core/hash.ts';
import type { ActionType, IntentType } from '../../core/intent-type.ts';
import type { JsonObject } from '../../core/json.ts';
import type { IntentRef, IntentState } from '../../core/model.ts';
import { opened } from '../../core/personal.ts';
import { effectIdOf } from '../../core/plan.ts';
import type { LoadOptions } from '../../core/ports.ts';
import { type DecisionGiven, type Door, decide } from '../../core/rules/decide.ts';
import { begin, type CallResult, callAgain, settle } from '../../core/rules/effect.ts';
import { type Escalation, escalate } from '../../core/rules/escalate.ts';
import { type Caught, complete, type Difference, recordFailure, verified } from '../../core/rules/finish.ts';
import { nextGeneration } from '../../core/rules/generation.ts';
import { linkFor, type MailOrder, mailAccepted } from '../../core/rules/link.ts';
import { freeze, informMore } from '../../core/rules/override.ts';
import { policyCheck } from '../../core/rules/policy-check.ts';
import { type Answer, agentTooLate, revise } from '../../core/rules/revise.ts';
import { climb } from '../../core/rules/rung.ts';
import { type Submission, submit } from '../../core/rules/submit.ts';
import { type Shown, shown } from '../../core/shown.ts';
import { memoryStore } from '../../core/testing/memory-store.ts';
import type { ToolContract } from '../../core/tools.ts';
import { issueRefund } from '../../functions/tools/issue_refund/contract.ts';
import * as given from './builders.ts';

/** What a mail's link is looked up by; in the house a key derives the secret. */
export const linkHashOf = (linkId: string): string => sha256(`secret of ${linkId}`);

/** What stories share that are told beside each other. */
export const oneHouse = () => ({ store: memoryStore(), newId: given.idsInOrder() });

export async function story(asked: Partial<Submission> = {}, { store, newId } = oneHouse()) {
  const type: IntentType = asked.type ?? given.approvalType;
  const action = type as ActionType;
  let now = given.start;
  const context = () => ({ now, newId });
  const { commit, accepted } = submit(given.submission(asked), context());
  const ref: IntentRef = { tenant: commit.head.tenant, intentId: commit.head.intentId };
  const submitted = await store.commit(commit);
  // The run has started.
  await store.settle(ref, 'start#1');
  const effectId = effectIdOf(ref.intentId, 1);
  const callOf = (owner: string, generation = 1, tool: ToolContract = issueRefund) => ({ generation, owner, tool });
  const withEffect = { effectId };

  return {
    store,
    ref,
    type,
    accepted,
    submitted,
    effectId,
    context,
    now: () => now,
    /** The audit records as a reader sees them, with what is personal in its place. */
    read: () => store.entries(ref).map(({ record, personal }) => opened(record, personal)),
    /** Time passes. */
    pass: (seconds: number) => {
      now = given.later(now, seconds);
    },
    goTo: (iso: string) => {
      now = iso;
    },
    async state(options: LoadOptions = {}): Promise<IntentState> {
      const state = await store.load(ref, { request: true, effectId, ...options });
      if (!state) throw new TypeError('the story has an intent');
      return state;
    },
    /** The same, as pages and mails show it. */
    async seen(): Promise<Shown> {
      return shown(await this.state(), type);
    },

    check: (value: JsonObject = given.charge(), generation = 1) =>
      perform(store, ref, { request: true }, context, (state, at) =>
        policyCheck(state, generation, action, given.evidenceOf(value), at),
      ),
    escalate: (wait: Partial<Escalation> = {}, people: Directory = given.directory) =>
      perform(store, ref, { request: true, effectId }, context, (state, at) =>
        escalate(state, { generation: 1, rung: 0, retry: 0, token: 'token-1', ...wait }, type, people, at),
      ),
    /** Sends every mail owed; gives the new links' hashes by person. */
    async mail(): Promise<Record<string, string>> {
      const sent: Record<string, string> = {};
      for (const row of store.outbox(ref).filter((one) => one.kind === 'mail')) {
        const order = row.body as unknown as MailOrder;
        const link = linkFor(await store.load(ref), order, linkHashOf(order.linkId), now);
        if (!link) await store.settle(ref, row.key);
        else {
          await store.putLink(link);
          await this.mailed(order, row.key);
          sent[order.personId] = link.hash;
        }
      }
      return sent;
    },
    /** The mail's provider has accepted it. */
    async mailed(order: MailOrder, row = `mail#${order.linkId}`): Promise<void> {
      const link = await store.findLink(linkHashOf(order.linkId));
      if (!link) throw new TypeError('a link is stored before its mail');
      const sent = { ...order, link, row, messageId: 'm-1' };
      await perform(store, ref, { linkHash: link.hash }, context, (state, at) => mailAccepted(state, sent, at));
    },
    /** With a code where the page asks for one. */
    async decide(hash: string, choice: Partial<DecisionGiven> = {}, people: Directory = given.directory) {
      const task = (await store.load(ref))?.task;
      const chosen = { outcome: 'approved', subjectHash: task?.subjectHash ?? '', ...choice };
      const door: Door = { by: 'link', ...(task?.risk === 'low' ? {} : { and: given.withCode }) };
      return perform(store, ref, { request: true, linkHash: hash }, context, (state, at) =>
        decide(state, door, chosen, type, people, at),
      );
    },
    /** The agent answers what people asked to be changed. */
    resume: (payload: JsonObject, over: Partial<Answer> = {}) =>
      perform(store, ref, { request: true }, context, (state, at) =>
        revise(state, { from: given.agent, payload, ...over }, type, at),
      ),
    tooLate: () => perform(store, ref, {}, context, agentTooLate),
    /** By the command line. */
    freeze: (reason = 'The bot runs wild.') =>
      perform(store, ref, {}, context, (state, at) =>
        freeze(state, { by: { kind: 'person', id: 'olga', via: 'named at the command line' }, reason }, at),
      ),
    /** What the mail function makes of a row that owes the news to more people. */
    informMore: (order: { taskId: string; informed: number }) =>
      perform(store, ref, {}, context, (state, at) => informMore(state, order, at)),
    climb: (generation = 1, waits = 0, people: Directory = given.directory) =>
      perform(store, ref, {}, context, (state, at) => climb(state, generation, people, at, waits)),
    begin: (owner: string, generation = 1, tool?: ToolContract) =>
      perform(store, ref, withEffect, context, (state, at) => begin(state, callOf(owner, generation, tool), at)),
    settle: (owner: string, result: CallResult, tool?: ToolContract) =>
      perform(store, ref, withEffect, context, (state, at) => settle(state, callOf(owner, 1, tool), result, at)),
    callAgain: (owner: string, generation = 1, tool?: ToolContract) =>
      perform(store, ref, withEffect, context, (state, at) => callAgain(state, callOf(owner, generation, tool), at)),
    verify: (differences: Difference[] = [], generation = 1) =>
      perform(store, ref, withEffect, context, (state, at) => verified(state, generation, differences, at)),
    complete: (generation = 1) => perform(store, ref, withEffect, context, (state) => complete(state, generation)),
    fail: (caught: Caught, generation = 1) =>
      perform(store, ref, {}, context, (state, at) => recordFailure(state, generation, caught, at)),
    restart: (lost?: number) => perform(store, ref, {}, context, (state, at) => nextGeneration(state, at, lost)),
  };
}

export type Story = Awaited<ReturnType<typeof story>>;

/** An approval that waits, its mails sent: the links' hashes by person. */
export async function waitingApproval(asked: Partial<Submission> = {}) {
  const told = await story(asked);
  await told.escalate();
  return { told, links: await told.mail() };
}

/** Nobody has decided in time, and the run has climbed to the end; by default one that opens an override. */
export async function overdueApproval(asked: Partial<Submission> = {}) {
  const ladder = { escalate: [], expire: { after_seconds: 8 * 3600, opens: 'override' as const } };
  const { told, links } = await waitingApproval({ humanTask: { title: 'Look', ladder }, ...asked });
  told.goTo((await told.state()).task?.ladder.at(-1)?.at ?? '');
  return { told, before: links, after: await told.climb() };
}

/** A refund that waits for a person, its mails sent. */
export async function waitingRefund(asked: Partial<Submission> = {}, value?: JsonObject) {
  const told = await story({ type: given.refundType, payload: given.refundPayload(), ...asked });
  await told.check(value);
  await told.escalate();
  return { told, links: await told.mail() };
}

/** A refund that a person approved: the tool may act. */
export async function approvedRefund(asked: Partial<Submission> = {}) {
  const { told, links } = await waitingRefund(asked);
  await told.decide(links.ada as string);
  return told;
}

export const refunded: CallResult = {
  outcome: 'succeeded',
  output: { refund_id: 're_1', charge_id: 'ch_1', amount_cents: 18_000, currency: 'EUR', status: 'succeeded' },
};
export const refused: CallResult = {
  outcome: 'failed',
  error: { code: 'tool_failed', message: 'The provider refused the refund.', details: {} },
};
export const lost: CallResult = { outcome: 'unknown', because: 'timeout' };
