/** The tools that every deployment has, and one for each governed action it declares. */

import type { z } from 'zod';
import type { JsonObject } from '../../core/json.ts';
import type { IntentRef } from '../../core/model.ts';
import { firstOf } from '../../core/text.ts';
import { intentsQuery } from '../../wire/intents.ts';
import * as wire from '../../wire/mcp.ts';
import { claim } from '../api/answer.ts';
import { isOver, load, notHeld, resultOf, waitFor, withdraw } from './intents.ts';
import type { Caller, Ports } from './ports.ts';

/** An intent that a tool submits: the body of `POST /v1/intents`. */
interface Submits {
  body: object;
  idempotencyKey?: string | undefined;
}

interface Common {
  name: string;
  title: string;
  description: string;
  input: z.ZodType;
  output: z.ZodType;
  /** Hints of MCP, all of them: what is left out would mean the worst. */
  annotations: {
    readOnlyHint: boolean;
    destructiveHint: boolean;
    idempotentHint: boolean;
    openWorldHint: boolean;
  };
}

/** A tool that submits an intent; of one that acts, a moment is waited for what becomes of it. */
export interface Submitting extends Common {
  submits: (args: JsonObject) => Submits;
  acts: boolean;
}

/** A tool that answers at once, or after a wait. */
interface Answering extends Common {
  answers: (ports: Ports, caller: Caller, args: unknown) => Promise<JsonObject>;
}

export type Tool = Submitting | Answering;

const asks = { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true };
const reads = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };

/** What a person's title has room for. */
const maxTitleLength = 255;

type Asking = Omit<z.infer<typeof wire.requestApproval>, 'task' | 'risk_level'>;

/** What of a question to a person is the same, whatever is asked. */
function question(words: string, payload: object, task: object, asked: Asking): Submits {
  const { title, description, assignees, priority, context, idempotency_key, ...rest } = asked;
  return {
    body: {
      ...rest,
      intent_type: 'intent.approval.v1',
      payload: { task: words, ...payload, ...(context ? { context } : {}) },
      human_task: {
        title: title ?? firstOf(words, maxTitleLength),
        ...task,
        ...(description === undefined ? {} : { description }),
        ...(assignees ? { assignees } : {}),
        ...(priority ? { priority } : {}),
      },
    },
    idempotencyKey: idempotency_key,
  };
}

const requestApproval: Submitting = {
  name: 'request_approval',
  title: 'Ask for approval',
  description:
    'Asks a person to allow or refuse what you want to do, and gives the intent that waits for them. Follow it with wait_for_intent: once COMPLETED, result.approved says what they decided. People may take hours: do not ask again, and do not act before it is approved.',
  input: wire.requestApproval,
  output: wire.intentResult,
  annotations: asks,
  acts: false,
  submits(args) {
    const { task, risk_level, ...asked } = wire.requestApproval.parse(args);
    return question(task, risk_level === undefined ? {} : { risk_level }, {}, asked);
  },
};

const askHuman: Submitting = {
  name: 'ask_human',
  title: 'Ask a person',
  description:
    'Asks a person for an answer: in words, one of `choices`, or the fields of `form_schema`. Follow it with wait_for_intent: the answer is in result.task_result.data.',
  input: wire.askHuman,
  output: wire.intentResult,
  annotations: asks,
  acts: false,
  submits(args) {
    const { question: words, choices, form_schema, ...asked } = wire.askHuman.parse(args);
    const task = {
      task_type: form_schema ? 'form' : 'clarification',
      ...(choices ? { choices } : {}),
      ...(form_schema ? { form_schema } : {}),
    };
    return question(words, {}, task, asked);
  },
};

const refOf = ({ key: { tenant } }: Caller, { intent_id }: { intent_id: string }): IntentRef => ({
  tenant,
  intentId: intent_id,
});

const getIntent: Answering = {
  name: 'get_intent',
  title: 'Look at an intent',
  description: 'How far an intent is, whom it waits for, and how it ended.',
  input: wire.getIntent,
  output: wire.intentResult,
  annotations: reads,
  answers: async (ports, caller, args) =>
    resultOf(ports, caller, await load(ports, refOf(caller, wire.getIntent.parse(args)))),
};

const waitForIntent: Answering = {
  name: 'wait_for_intent',
  title: 'Wait for an intent',
  description:
    'Waits up to 25 seconds until an intent has ended, or asks you for changes, and gives it as it is then. Call it again while `ended` is false; an intent outlives every wait.',
  input: wire.waitForIntent,
  output: wire.intentResult,
  annotations: reads,
  async answers(ports, caller, args) {
    const asked = wire.waitForIntent.parse(args);
    const { state, full } = await waitFor(ports, refOf(caller, asked), asked.wait_seconds, isOver);
    return { ...resultOf(ports, caller, state), ...(full ? notHeld : {}) };
  },
};

const cancelIntent: Answering = {
  name: 'cancel_intent',
  title: 'Withdraw an intent',
  description: 'Withdraws an intent that you submitted and that has not ended. What is done already stays done.',
  input: wire.cancelIntent,
  output: wire.intentResult,
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  async answers(ports, caller, args) {
    const { reason, ...named } = wire.cancelIntent.parse(args);
    const ref = refOf(caller, named);
    await withdraw(ports, caller, ref, reason);
    return resultOf(ports, caller, await load(ports, ref));
  },
};

const claimIntent: Answering = {
  name: 'claim_intent',
  title: 'Claim work',
  description:
    'Takes an intent that was delivered to you, for a while: exactly one worker has it at a time. With `fencing_token` it renews the claim that you hold.',
  input: wire.claimIntent,
  output: wire.claimResult,
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  async answers(ports, caller, args) {
    const { intent_id, fencing_token, ...body } = wire.claimIntent.parse(args);
    const claimed = await claim(ports.store, caller.key, refOf(caller, { intent_id }), {
      body,
      idempotencyKey: caller.idempotencyKey,
      fencingToken: fencing_token === undefined ? undefined : String(fencing_token),
      context: ports.context,
    });
    return claimed as JsonObject;
  },
};

const listMyIntents: Answering = {
  name: 'list_my_intents',
  title: 'List your intents',
  description:
    'The intents that you submitted, or that were delivered to you, the newest first, without their payloads.',
  input: wire.listMyIntents,
  output: wire.listResult,
  annotations: reads,
  async answers(ports, { key }, args) {
    const { direction, status, ...rest } = wire.listMyIntents.parse(args);
    const query = intentsQuery.parse({
      ...rest,
      ...(status ? { status: status.join(',') } : {}),
      [direction === 'sent' ? 'from_agent' : 'to_agent']: key.agent,
    });
    const { intents, next_cursor } = await ports.list(key.tenant, query);
    return { intents: intents.map(({ payload: _, ...intent }) => intent), next_cursor } as unknown as JsonObject;
  },
};

export const ownTools: readonly Tool[] = [
  requestApproval,
  askHuman,
  getIntent,
  waitForIntent,
  cancelIntent,
  claimIntent,
  listMyIntents,
];
