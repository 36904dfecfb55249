/** What becomes of an intent that was taken: each step does what its function does, on the tables in memory. */

import { context } from '../../adapters/lambda/context.ts';
import { verifyChain } from '../../core/audit.ts';
import { chainOf, perform } from '../../core/commit.ts';
import { Directory, type Person } from '../../core/directory.ts';
import { sha256 } from '../../core/hash.ts';
import type { ActionType } from '../../core/intent-type.ts';
import type { IntentRef, IntentState, Link } from '../../core/model.ts';
import { escalate } from '../../core/rules/escalate.ts';
import { linkFor, type MailOrder, mailAccepted } from '../../core/rules/link.ts';
import { policyCheck } from '../../core/rules/policy-check.ts';
import { mailOf } from '../../functions/mail/channels/mail.ts';
import { messageFor } from '../../functions/mail/message.ts';
import { intentTypeOf } from '../../intents/index.ts';
import { evidenceOf } from '../core/builders.ts';
import { house } from './house.ts';

const { store, memory } = house;

export interface Asked {
  /** The secret of each link that was mailed. */
  secrets: string[];
  mails: ReturnType<typeof mailOf>[];
}

const stateOf = async (ref: IntentRef): Promise<IntentState> => {
  const state = await store.load(ref, { request: true });
  if (!state) throw new TypeError('an intent that was taken is there');
  return state;
};

/** Goes on to where a person is asked; undefined where policy decides alone. */
export async function untilAsked(ref: IntentRef, people: readonly Person[]): Promise<Asked | undefined> {
  const type = intentTypeOf((await stateOf(ref)).head.type);
  if (!type) throw new TypeError('a declared type was taken');
  if (type.shape === 'action') {
    const { outcome } = await perform(store, ref, { request: true }, context, (state, now) =>
      policyCheck(state, 1, type as ActionType, evidenceOf(), now),
    );
    if (outcome !== 'approval') return undefined;
  }
  const waiting = { generation: 1, rung: 0, retry: 0, token: 'token' };
  await perform(store, ref, { request: true }, context, (state, now) =>
    escalate(state, waiting, type, new Directory(people), now),
  );
  const asked: Asked = { secrets: [], mails: [] };
  for (const row of memory.outbox(ref).filter(({ kind }) => kind === 'mail')) {
    const order = row.body as unknown as MailOrder;
    const secret = Buffer.from(sha256(order.linkId), 'hex').toString('base64url');
    const state = await stateOf(ref);
    const link = linkFor(state, order, sha256(secret), context().now) as Link;
    await store.putLink(link);
    asked.secrets.push(secret);
    const contracts = type.shape === 'action' ? type.tools : [];
    asked.mails.push(mailOf(messageFor(state, `https://decide.example/a/${secret}`, contracts, order.why)));
    const sent = { link, row: row.key, why: order.why, messageId: 'm' };
    await perform(store, ref, { linkHash: link.hash }, context, (now, at) => mailAccepted(now, sent, at));
  }
  return asked;
}

/** What is wrong with an intent's audit chain. */
export async function faultsOfChain(ref: IntentRef): Promise<unknown[]> {
  const { head } = await stateOf(ref);
  return verifyChain(chainOf(ref), memory.records(ref), { seq: head.auditSeq, hash: head.auditHash }).faults;
}
