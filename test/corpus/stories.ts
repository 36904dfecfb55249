/** The stories whose scenes are the corpus: every state of every shape, with what can happen to it. */

import { marshall } from '@aws-sdk/util-dynamodb';
import { perform } from '../../core/commit.ts';
import { delegated } from '../../core/delegation.ts';
import type { IntentType } from '../../core/intent-type.ts';
import type { IntentRef } from '../../core/model.ts';
import type { PlanStep } from '../../core/procedure.ts';
import { answer } from '../../core/rules/answer.ts';
import { claim } from '../../core/rules/claim.ts';
import { submit } from '../../core/rules/submit.ts';
import { declarableStates, renderStateMachine } from '../../infra/state-machine.ts';
import { intentTypeOf } from '../../intents/index.ts';
import { type Answer, walk } from '../../statemachines/testing/walk.ts';
import { refundPayload, start, submission } from '../core/builders.ts';
import {
  begin,
  content,
  contextNow,
  type FunctionName,
  failProvider,
  pass,
  play,
  restore,
  type Scene,
  store,
} from './house.ts';
import type { Content, Item } from './tables.ts';

/** What happens at the n-th visit of a state, after its function was called. */
type Turn = (told: Teller) => Promise<Answer | undefined>;

interface Story {
  name: string;
  type: string;
  asked?: object;
  /** By state; none: its function's answer is all there is. */
  turns?: Record<string, Turn[]>;
  provider?: Parameters<typeof failProvider>[0];
  /** The stream loses what is owed at first; the sweep finds it. */
  swept?: boolean;
}

/** A person decides, and the run hears of it. */
const decided =
  (outcome: string): Turn =>
  async (told) => {
    await told.decide(outcome);
    return outcome === 'approved' || told.type === 'intent.approval.v1' ? {} : { error: 'PolicyDenied' };
  };

/** Nobody has decided when the rung's time comes. */
const timedOut: Turn = async (told) => {
  pass(told.task().ladder[told.task().rung].at);
  return { error: 'States.Timeout' };
};

/** The run is gone; the sweep finds the head overdue and the next generation goes on. */
const lost: Turn = async (told) => {
  await told.revive();
  return { error: 'gone' };
};

const packer = 'agent://acme/shop/packer';
const ofTold = (): IntentRef => {
  const { pk } = (content().Intents ?? []).find(({ sk }) => sk === 's#head') ?? {};
  const [tenant = '', intentId = ''] = String(pk).split('#');
  return { tenant, intentId };
};
const by = () => ({ agent: packer, requestId: contextNow().newId() });
const delivery = (): Item => (content().Intents ?? []).find(({ sk }) => sk === 's#delivery') ?? {};

/** The agent answers, and the run hears of it. */
const answered: Turn = async (told) => {
  await told.pay();
  await perform(store, ofTold(), {}, contextNow, (state, now) =>
    answer(
      state,
      { ...by(), fencingToken: delivery().claim?.token },
      { do: 'complete', result: { packed: true } },
      now,
    ),
  );
  await told.pay();
  return { error: 'Cancelled' };
};

/** A worker claims it and is never heard of again; the sweep finds the lease over, and gives it out once more. */
const claimedAndLost: Turn = async (told) => {
  await told.pay();
  await perform(store, ofTold(), {}, contextNow, (state, now) =>
    claim(state, by(), { claimant: 'worker-1', leaseSeconds: 60 }, now),
  );
  await told.pay();
  await told.sweep();
  await told.pay();
  await told.sweep();
  return answered(told);
};

/** No agent has answered when the rung's time comes. */
const unanswered: Turn = async (told) => {
  await told.pay();
  pass(delivery().ladder[delivery().rung].at);
  return { error: 'States.Timeout' };
};

const [approval, refund, pack] = ['intent.approval.v1', 'intent.refund.v1', 'parcels.pack.v1'];
const toPacker = { delegated: true, to: packer };

/** A procedure of these steps, one after the other. */
const ofSteps = (steps: PlanStep[]) => ({
  delegated: true,
  procedure: {
    v: 1,
    scenario: 'parcels',
    start: steps[0]?.id,
    steps: steps.map((step, i) => ({ ...step, ...(steps[i + 1] ? { onSuccess: steps[i + 1]?.id } : {}) })),
  },
});
const asksAda: PlanStep = { id: 'ask', kind: 'human', task: { title: 'Is it heavy?', assignees: ['ada'] } };
const stepDecided: Turn = async (told) => {
  await told.decide('approved');
  return {};
};
/** The time that the step waits for. */
const stepOver: Turn = async (told) => {
  await told.pay();
  pass(new Date(Date.now() + 61_000).toISOString());
  return { error: 'States.Timeout' };
};
const stepExpired: Turn = async (told) => {
  pass(told.task().ladder.at(-1).at);
  return { error: 'States.Timeout' };
};
/** The agent answers its part, and the procedure's run hears of it. */
const partAnswered: Turn = async (told) => {
  await told.pay();
  const [tenant = '', intentId = ''] = String(delivery().pk).split('#');
  await perform(store, { tenant, intentId }, {}, contextNow, (state, now) =>
    answer(state, by(), { do: 'complete', result: { packed: true } }, now),
  );
  await told.pay();
  return {};
};

export const stories: Story[] = [
  { name: 'approval approved', type: approval, turns: { ESCALATE_TO_HUMAN: [decided('approved')] } },
  { name: 'approval rejected', type: approval, turns: { ESCALATE_TO_HUMAN: [decided('rejected')] } },
  { name: 'approval reminded, then expired', type: approval, turns: { ESCALATE_TO_HUMAN: [timedOut, timedOut] } },
  { name: 'approval that nobody may decide', type: approval, asked: { onBehalfOf: 'ada' } },
  { name: 'approval whose start was lost', type: approval, swept: true },
  { name: 'approval taken up again', type: approval, turns: { ESCALATE_TO_HUMAN: [lost, decided('approved')] } },
  { name: 'refund approved', type: refund, turns: { ESCALATE_TO_HUMAN: [decided('approved')] } },
  { name: 'refund rejected', type: refund, turns: { ESCALATE_TO_HUMAN: [decided('rejected')] } },
  { name: 'refund allowed', type: refund, asked: { payload: refundPayload({ amount_cents: 5_000 }) } },
  { name: 'refund denied', type: refund, asked: { payload: refundPayload({ amount_cents: 600_000 }) } },
  {
    name: 'refund decided as the rung ran out',
    type: refund,
    turns: {
      ESCALATE_TO_HUMAN: [
        async (told) => {
          await told.decide('approved');
          return { error: 'States.Timeout' };
        },
      ],
    },
  },
  { name: 'refund reminded', type: refund, turns: { ESCALATE_TO_HUMAN: [timedOut, decided('approved')] } },
  { name: 'refund taken up again', type: refund, turns: { ESCALATE_TO_HUMAN: [lost, decided('approved')] } },
  {
    name: 'delegation answered, and the answer is told',
    type: pack,
    asked: { ...toPacker, replyTo: 'agent://acme/shop/clerk' },
    turns: { AWAIT_ANSWER: [answered] },
  },
  {
    name: 'delegation reminded, escalated, and never answered',
    type: pack,
    asked: { ...toPacker, escalate_to: 'chief' },
    turns: { AWAIT_ANSWER: [unanswered, unanswered, unanswered] },
  },
  { name: 'delegation claimed and lost', type: pack, asked: toPacker, turns: { AWAIT_ANSWER: [claimedAndLost] } },
  { name: 'delegation taken up again', type: pack, asked: toPacker, turns: { AWAIT_ANSWER: [lost, answered] } },
  {
    name: 'delegation to a person',
    type: pack,
    asked: { ...toPacker, humanTask: { title: 'Is it heavy?' } },
    turns: {
      AWAIT_ANSWER: [
        async (told) => {
          await told.decide('approved');
          return {};
        },
      ],
    },
  },
  {
    name: 'procedure of a person and a time',
    type: pack,
    asked: ofSteps([asksAda, { id: 'pause', kind: 'delay', seconds: 60 }]),
    turns: { AWAIT_STEP: [stepDecided, stepOver] },
  },
  {
    name: 'procedure whose person says nothing, taken up again',
    type: pack,
    asked: ofSteps([asksAda, { id: 'tell', kind: 'notification', people: ['ada'] }]),
    turns: { AWAIT_STEP: [lost, stepExpired] },
  },
  {
    name: 'procedure of an agent',
    type: pack,
    asked: ofSteps([{ id: 'pack', kind: 'agent', agent: packer }]),
    turns: { AWAIT_STEP: [partAnswered] },
  },
  {
    name: 'refund whose answer was lost',
    type: refund,
    turns: { ESCALATE_TO_HUMAN: [decided('approved')] },
    provider: ['lost after'],
  },
  {
    name: 'refund that never arrived',
    type: refund,
    turns: { ESCALATE_TO_HUMAN: [decided('approved')] },
    provider: ['lost before'],
  },
];

const queueEvent = (body: string) => ({ Records: [{ messageId: 'm', body, eventSource: 'aws:sqs' }] });

class Teller {
  readonly scenes: Scene[] = [];
  readonly type: string;
  readonly #sent = new Set<string>();
  /** Inputs of the runs that were started, and the address in the newest mail. */
  readonly runs: object[] = [];
  #link = '';

  constructor(type: string) {
    this.type = type;
  }

  async call(name: string, to: FunctionName, event: unknown) {
    const { scene, told } = await play(name, to, event);
    this.scenes.push(scene);
    for (const { what, input } of told) {
      if (what === 'SFN StartExecution') this.runs.push(JSON.parse(input.input));
      if (what === 'SES SendEmail') this.#link = /\/a\/\S{43}/.exec(input.Message.Body.Text.Data)?.[0] ?? '';
    }
    return { scene, told };
  }

  /** Every row that is owed goes through stream and queue to whoever pays it. */
  async pay(): Promise<void> {
    const row = (content().Intents ?? []).find(
      ({ pk, sk }) => String(sk).startsWith('outbox#') && !this.#sent.has(`${pk}${sk}`),
    );
    if (!row) return;
    this.#sent.add(`${row.pk}${row.sk}`);
    const record = {
      eventName: 'INSERT',
      dynamodb: { Keys: marshall({ pk: row.pk, sk: row.sk }), NewImage: marshall(row) },
    };
    const { told } = await this.call(`dispatch ${row.kind}`, 'dispatch', { Records: [record] });
    for (const { input } of told)
      await this.call(`${input.QueueUrl} ${row.kind}`, input.QueueUrl as FunctionName, queueEvent(input.MessageBody));
    return this.pay();
  }

  task = (): Item => (content().Intents ?? []).find(({ sk }) => String(sk).startsWith('s#task#')) ?? {};

  async decide(outcome: string): Promise<void> {
    await this.pay();
    const form = new URLSearchParams({ outcome, comment: 'As agreed.', subject_hash: this.task().subjectHash });
    const http = { method: 'POST', path: this.#link };
    const event = {
      version: '2.0',
      routeKey: 'ANY /a/{proxy+}',
      rawPath: this.#link,
      rawQueryString: '',
      headers: {},
      requestContext: { requestId: 'r', http },
      body: form.toString(),
    };
    const { scene } = await this.call(`approvals ${outcome}`, 'approvals', event);
    if (scene.then.committed[0] !== 'task.decided') throw new Error(`not decided: ${JSON.stringify(scene.then)}`);
    await this.pay();
  }

  async revive(): Promise<void> {
    await this.pay();
    const head = (content().Intents ?? []).find(({ sk }) => sk === 's#head');
    pass(new Date(head?.dueAt).toISOString());
    await this.call('sweep', 'sweep', {});
    await this.pay();
  }

  /** The sweep pays what is owed, as soon as it is overdue. */
  async sweep(): Promise<void> {
    const rows = (content().Intents ?? []).filter(({ sk }) => String(sk).startsWith('outbox#'));
    for (const { pk, sk } of rows) this.#sent.add(`${pk}${sk}`);
    pass(new Date(Math.max(...rows.map(({ dueAt }) => dueAt))).toISOString());
    const { told } = await this.call('sweep rows', 'sweep', {});
    for (const { input } of told)
      await this.call(`${input.QueueUrl} swept`, input.QueueUrl as FunctionName, queueEvent(input.MessageBody));
  }
}

const ofOthers: ReadonlySet<string> = new Set(['AWAIT_ANSWER', 'STEP', 'AWAIT_STEP']);

/** Every state of the type's shape, also those that it does not declare. */
function machineOf(type: IntentType) {
  const tools = type.shape === 'action' ? type.tools : [];
  const states = declarableStates.filter((name) =>
    type.shape === 'action' ? !ofOthers.has(name) : name === 'ESCALATE_TO_HUMAN',
  );
  const contracts = tools.map(({ name, stateTimeoutSeconds, settleAfterSeconds }) => [
    name,
    { arn: name, stateTimeoutSeconds, settleAfterSeconds },
  ]);
  const { definition, substitutions } = renderStateMachine(type.shape, states, 'steps', Object.fromEntries(contracts));
  return JSON.parse(definition.replace(/\$\{(\w+)\}/g, (_, key) => substitutions[key] ?? ''));
}

const machineWithoutType = (shape: 'delegation' | 'procedure') => {
  const states = shape === 'procedure' ? ['STEP', 'AWAIT_STEP'] : ['AWAIT_ANSWER'];
  return JSON.parse(renderStateMachine(shape, states, 'steps', {}).definition.replace(/\$\{StepsArn\}/g, 'steps'));
};

/** Tells a story from the request to its end, and gives its scenes. */
export async function tell({ name, type: typeName, asked, turns = {}, provider = [], swept }: Story): Promise<Scene[]> {
  begin(start);
  failProvider(provider);
  const type = (intentTypeOf(typeName) ?? delegated(typeName)) as IntentType;
  const payload = type.shape === 'action' ? { payload: refundPayload() } : {};
  const { commit } = submit(submission({ type, ...payload, ...asked }), contextNow());
  await store.commit(commit);
  const told = new Teller(typeName);
  if (swept) await told.sweep();
  await told.pay();
  const left = Object.entries(turns).map(([state, given]): [string, Turn[]] => [state, [...given]]);
  const turnOf = Object.fromEntries(left);
  for (let run = 0; run < told.runs.length; run += 1) {
    const { type: machine } = told.runs[run] as { type: string };
    await walk(
      machine === 'delegation' || machine === 'procedure' ? machineWithoutType(machine) : machineOf(type),
      told.runs[run] as object,
      async (state, _, { FunctionName, Payload }) => {
        const before = content();
        const { scene } = await told.call(state, FunctionName as FunctionName, Payload);
        await retried(told, state, FunctionName as FunctionName, Payload as Item, before);
        await told.pay();
        const { error, answer } = scene.then;
        if (error) {
          // What the state machine is told: it waits, then calls again.
          if (error === 'OutcomeUnknownError') pass(new Date(Date.now() + 60_000).toISOString());
          const cause = { errorType: error, errorMessage: 'It could not go on.', trace: [] };
          return { error, cause: JSON.stringify(cause) };
        }
        return (await turnOf[state]?.shift()?.(told)) ?? { payload: answer };
      },
    );
  }
  return told.scenes.map((scene) => ({ ...scene, name: `${name}: ${scene.name}` }));
}

/** The same call as a retry of the state makes it; what it does is taken back. */
async function retried(told: Teller, state: string, to: FunctionName, payload: Item, before: Content): Promise<void> {
  if (to !== 'steps') return;
  const now = content();
  restore(before);
  const { scene } = await play(`${state}, tried again`, to, { ...payload, retry: 1 });
  told.scenes.push(scene);
  restore(now);
}
