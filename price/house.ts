/** The doors and consumers of the house on the store in memory: each does what its handler does, call by call. */

import './environment.ts';
import { bindings, owedPushes } from '../adapters/bindings.ts';
import { log, measureCommit } from '../adapters/lambda/log.ts';
import { stepHandler } from '../adapters/lambda/step.ts';
import { toolEvent, useTool } from '../adapters/lambda/use-tool.ts';
import { mailboxes } from '../adapters/mailboxes.ts';
import { messageOf } from '../adapters/messages.ts';
import { keyKey } from '../adapters/rows.ts';
import { oneStands } from '../adapters/stops.ts';
import { perform } from '../core/commit.ts';
import type { Directory } from '../core/directory.ts';
import { sha256 } from '../core/hash.ts';
import type { ActionType, Evidence, IntentType } from '../core/intent-type.ts';
import type { JsonObject } from '../core/json.ts';
import type { IntentRef, IntentState, OutboxRow } from '../core/model.ts';
import { effectIdOf } from '../core/plan.ts';
import type { Context } from '../core/ports.ts';
import { awaitAnswer } from '../core/rules/await-answer.ts';
import { decide } from '../core/rules/decide.ts';
import { escalate } from '../core/rules/escalate.ts';
import { complete } from '../core/rules/finish.ts';
import { linkFor, type MailOrder, mailAccepted } from '../core/rules/link.ts';
import { checkedBefore, policyCheck } from '../core/rules/policy-check.ts';
import { wakeOf } from '../core/rules/wake.ts';
import { shown } from '../core/shown.ts';
import { stopsFor } from '../core/stops.ts';
import { answerByResume } from '../functions/api/answer.ts';
import { admit } from '../functions/api/submit.ts';
import { intentOut } from '../functions/api/views.ts';
import { payDelivery } from '../functions/deliver/pay.ts';
import { issueRefund } from '../functions/tools/issue_refund/contract.ts';
import { intentTypeOf } from '../intents/index.ts';
import { approvalPage, decidedPage } from '../pages/task.ts';
import { tokenLength } from './assumptions.ts';
import { countingStore, tables } from './counting-store.ts';
import { Meter } from './meter.ts';
import { meterOutput } from './output-meter.ts';
import { answered, charge } from './paths.ts';

const traceId = '019a0000-0000-7000-8000-000000000000';

const caller = {
  keyId: '0000000000000000',
  tenant: 'acme/shop',
  agent: 'agent://acme/shop/support-bot',
  name: 'support bot',
  createdAt: '2026-11-20T08:00:00.000Z',
};

/** The house with one type, one agent and its people. */
export class House {
  readonly meter = new Meter();
  readonly #counted = countingStore(
    (commit) => meterOutput(() => measureCommit(commit), this.meter.written),
    (action) => this.meter.aws(action),
  );
  readonly store = this.#counted.store;
  readonly ledger = this.#counted.ledger;
  readonly #type: IntentType;
  readonly #people: Directory;
  #ids = 0;
  #now = Date.parse('2026-11-20T09:00:00.000Z');
  /** A minute passes with each look at the clock, within a tool a second; times and ids are the same in each count. */
  readonly #context = (): Context => this.#at(60_000);
  /** The next look at the clock, milliseconds later. */
  #at(later: number): Context {
    this.#now += later;
    return {
      now: new Date(this.#now).toISOString(),
      newId: () => {
        this.#ids += 1;
        return `019a0000-0000-7000-8000-${String(this.#ids).padStart(12, '0')}`;
      },
    };
  }
  ref: IntentRef = { tenant: 'acme/shop', intentId: '' };

  constructor(type: IntentType, people: Directory) {
    log.resetKeys();
    log.appendKeys({ correlationId: traceId });
    this.#type = type;
    this.#people = people;
  }

  async submit(payload: JsonObject): Promise<void> {
    this.meter.request('api');
    this.#counted.get(tables.control, keyKey('0000000000000000'));
    const to = intentTypeOf(this.#type.type) ? {} : { to_agent: caller.agent };
    const answer = await admit(this.store, caller, {
      body: { intent_type: this.#type.type, payload, ...to },
      idempotencyKey: 'order-a-1042-2026-11-attempt-1',
      traceId,
      context: this.#context(),
    });
    this.meter.answered(JSON.stringify(answer));
    this.ref = { ...this.ref, intentId: String(answer.intent_id) };
    log.appendKeys({ intentId: this.ref.intentId });
    this.meter.dispatched(this.store.outbox(this.ref).length);
  }

  /** functions/runs: starts the run of the row, and removes it. */
  async start(): Promise<void> {
    this.meter.message('runs');
    this.meter.aws('StartExecution');
    await this.store.settle(this.ref, this.#owed('start')[0]?.key ?? '');
  }

  async read(): Promise<void> {
    this.meter.request('api');
    this.#counted.get(tables.control, keyKey('0000000000000000'));
    const state = await this.store.load(this.ref, { request: true });
    this.meter.answered(JSON.stringify(intentOut(state as IntentState)));
  }

  async policyCheck(generation: number) {
    this.meter.call('steps');
    const type = this.#type as ActionType;
    const before = await this.store.load(this.ref, { request: true });
    const evidence = checkedBefore(before, generation, type) ? {} : this.#evidence(type);
    return perform(this.store, this.ref, { request: true }, this.#context, (state, now) =>
      policyCheck(state, generation, type, evidence, now),
    );
  }

  async escalate(generation: number): Promise<void> {
    this.meter.call('steps');
    this.#counted.directory();
    const asked = { generation, rung: 0, retry: 0, token: 't'.repeat(tokenLength) };
    const called = this.#type.shape === 'action' ? { effectId: effectIdOf(this.ref.intentId, 1) } : {};
    await perform(this.store, this.ref, { request: true, ...called }, this.#context, (state, now) =>
      escalate(state, asked, this.#type, this.#people, now),
    );
    this.meter.dispatched(this.#owed('mail').length);
  }

  /** functions/mail, for every mail that is owed. Gives the hash of the last link. */
  async mail(): Promise<string> {
    let last = '';
    for (const row of this.#owed('mail')) {
      this.meter.message('mail');
      this.meter.aws('GenerateMac');
      this.#counted.directory();
      const order = row.body as unknown as MailOrder;
      const link = linkFor(await this.store.load(this.ref), order, sha256(order.linkId), this.#context().now);
      if (!link) throw new Error('a mail that nobody needs');
      await this.store.putLink(link);
      this.meter.mails += 1;
      this.meter.aws('SendEmail');
      await perform(this.store, this.ref, { linkHash: link.hash }, this.#context, (state, at) =>
        mailAccepted(state, { link, row: row.key, why: order.why, messageId: '0'.repeat(60) }, at),
      );
      last = link.hash;
    }
    return last;
  }

  /** functions/approvals: the page, then the decision. */
  async decide(linkHash: string): Promise<void> {
    this.meter.request('approvals');
    const link = await this.store.findLink(linkHash);
    this.#counted.directory();
    const [state, events] = [
      await this.store.load(this.ref, { request: true }),
      await this.store.events(this.ref, 0, 200),
    ];
    if (!link || !state?.task) throw new Error('a link without a task');
    const page = shown(state, this.#type);
    this.meter.answered(approvalPage(page, link, { events }));

    this.meter.request('approvals');
    this.#counted.directory();
    await this.store.findLink(linkHash);
    const given = { outcome: 'approved', comment: '', subjectHash: state.task.subjectHash };
    const { decision } = await perform(this.store, this.ref, { linkHash, request: true }, this.#context, (state, now) =>
      decide(state, { by: 'link' }, given, this.#type, this.#people, now),
    );
    this.meter.answered(decidedPage(page, decision, link.personId));
    this.meter.dispatched(1);
  }

  /** functions/deliver: puts the intent into the agent's mailbox. */
  async deliver(): Promise<void> {
    this.meter.message('deliver');
    const client = this.#counted.client as never;
    const pay = payDelivery({
      store: this.store,
      rows: mailboxes(client, 'Mailboxes'),
      bindings: bindings(client, 'Mailboxes'),
      pushes: owedPushes(client, 'Intents'),
      context: this.#context,
      pause: async () => {},
      stopped: (head, to) => oneStands(client, tables.control, stopsFor(head, { agents: [to] }), head.intentId),
    });
    for (const row of this.#owed('deliver')) await pay(messageOf({ ...this.ref, ...row }));
  }

  async awaitAnswer(generation: number): Promise<void> {
    this.meter.call('steps');
    await this.store.load(this.ref, { request: true });
    const asked = { generation, rung: 0, retry: 0, token: 't'.repeat(tokenLength) };
    await perform(this.store, this.ref, {}, this.#context, (state, now) => awaitAnswer(state, asked, now));
  }

  /** functions/api: the agent answers, under a key, as the SDK does. */
  async answer(): Promise<void> {
    this.meter.request('api');
    this.#counted.get(tables.control, keyKey('0000000000000000'));
    await this.store.load(this.ref);
    const request = { body: answered, idempotencyKey: 'answer', fencingToken: undefined, context: this.#context };
    this.meter.answered(JSON.stringify(await answerByResume(this.store, caller, this.ref, request)));
    this.meter.dispatched(1);
  }

  /** functions/runs: redeems the token of the decision, or of the answer. */
  async wake(how = 'SendTaskSuccess'): Promise<void> {
    this.meter.message('runs');
    const due = wakeOf(await this.store.load(this.ref), this.#owed('wake')[0]?.body);
    if (due.do !== 'redeem') throw new Error(`a wake that says ${due.do}`);
    this.meter.aws(how);
    if (due.last) await this.store.settle(this.ref, this.#owed('wake')[0]?.key ?? '');
  }

  /** The real tool, with a provider that answers at once. */
  async tool(mode: 'execute' | 'verify', input: object): Promise<unknown> {
    this.meter.call(issueRefund.name);
    const provider: Parameters<typeof useTool<typeof issueRefund>>[2] = {
      call: async ({ charge_id, amount_cents, currency }) => ({
        outcome: 'succeeded',
        output: { refund_id: 're_3QK2mZ2eZvKYlo2C1n8Xy7Zp', charge_id, amount_cents, currency, status: 'succeeded' },
      }),
      lookup: async () => undefined,
      readBack: async () => [],
    };
    const handler = stepHandler(
      toolEvent,
      useTool(issueRefund, this.store, provider, () => this.#at(1000)),
    );
    return handler({ mode, input } as never, { awsRequestId: '019a0000-0000-7000-8000-00000000ffff' } as never);
  }

  async complete(generation: number): Promise<void> {
    this.meter.call('steps');
    await perform(this.store, this.ref, { effectId: effectIdOf(this.ref.intentId, 1) }, this.#context, (state) =>
      complete(state, generation),
    );
  }

  /** Nothing may be left over: what is still owed would be paid by somebody, and cost. */
  owes(): number {
    return this.store.outbox(this.ref).length;
  }

  #evidence(type: ActionType): Record<string, Evidence> {
    return Object.fromEntries(
      type.evidence.map(({ name, title, tool, shown }) => {
        this.meter.invoke(tool.name);
        return [name, { source: tool.name, title, readAt: this.#context().now, value: charge, shown: shown(charge) }];
      }),
    );
  }

  #owed(kind: string): OutboxRow[] {
    return this.store.outbox(this.ref).filter((row) => row.kind === kind);
  }
}
