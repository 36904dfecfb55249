/** The states of a run that decide or wait: each is one command. */

import * as z from 'zod';
import { runInput } from '../../adapters/lambda/run-input.ts';
import { perform } from '../../core/commit.ts';
import { carried, delegated, delegationMachine } from '../../core/delegation.ts';
import type { Directory } from '../../core/directory.ts';
import { TerminalError } from '../../core/errors.ts';
import type { ActionType, Evidence, IntentType, PreparingState } from '../../core/intent-type.ts';
import type { JsonObject } from '../../core/json.ts';
import { effectIdOf } from '../../core/plan.ts';
import type { Context, Store } from '../../core/ports.ts';
import { procedureMachine } from '../../core/procedure.ts';
import { awaitAnswer, climbDelivery } from '../../core/rules/await-answer.ts';
import { escalate } from '../../core/rules/escalate.ts';
import { complete, recordFailure } from '../../core/rules/finish.ts';
import { checkedBefore, policyCheck, prepare } from '../../core/rules/policy-check.ts';
import { awaitStep } from '../../core/rules/procedure.ts';
import { climb } from '../../core/rules/rung.ts';
import { knownAddress } from '../../wire/addresses.ts';
import { procedureSteps } from './procedure.ts';

export const stepEvent = z.object({
  step: z.enum([
    'triage',
    'retrieve_context',
    'propose_action',
    'policy_check',
    'escalate',
    'rung',
    'await_answer',
    'delivery_rung',
    'procedure_step',
    'procedure_wait',
    'complete',
    'record_failure',
  ]),
  input: runInput,
  retry: z.int().default(0),
  token: z.string().optional(),
  error: z.object({ name: z.string().default('Unknown'), cause: z.string().default('') }).optional(),
});
type Step = z.infer<typeof stepEvent>;

export interface Ports {
  store: Store;
  context: () => Context;
  people: () => Promise<Directory>;
  typeOf: (name: string) => IntentType | undefined;
  readEvidence: (type: ActionType, payload: JsonObject) => Promise<Record<string, Evidence>>;
}

export function takeSteps({ store, context, people, typeOf, readEvidence }: Ports) {
  const declared = (name: string) => {
    const type = typeOf(name);
    if (!type) throw new TerminalError('unknown_type', `This deployment does not declare ${name}.`);
    return type;
  };

  /** Of runs of delegation, the intent says what its type is called. */
  const typeIn = async (input: Step['input']): Promise<IntentType> => {
    if (input.type !== delegationMachine && input.type !== procedureMachine) return declared(input.type);
    const name = (await store.load(input))?.head.type ?? '';
    if (input.type === procedureMachine) return carried(name);
    return delegated(name) ?? declared(name);
  };

  const onward = procedureSteps({ store, context });

  const declaredAction = (name: string): ActionType => {
    const type = declared(name);
    if (type.shape !== 'action') throw new TerminalError('wrong_shape', `${name} is not an action.`);
    return type;
  };

  const steps: Record<Step['step'], (step: Step) => Promise<unknown>> = {
    triage: (step) => preparing(step, 'TRIAGE'),
    retrieve_context: (step) => preparing(step, 'RETRIEVE_CONTEXT'),
    propose_action: (step) => preparing(step, 'PROPOSE_ACTION'),

    policy_check: async ({ input }) => {
      const type = declaredAction(input.type);
      const state = await store.load(input, { request: true });
      const evidence = checkedBefore(state, input.generation, type)
        ? {}
        : await readEvidence(type, state?.request?.payload ?? {});
      return perform(store, input, { request: true }, context, (state, now) =>
        policyCheck(state, input.generation, type, evidence, now),
      );
    },

    escalate: async ({ input, retry, token }) => {
      if (!token) throw new TerminalError('no_token', 'This state has no token to wait for.');
      const asked = { generation: input.generation, rung: input.rung, retry, token, waitUntil: input.waitUntil };
      const directory = await people();
      const type = await typeIn(input);
      // Who takes over what is frozen must know whether its tool was called.
      const called = type.shape === 'action' ? { effectId: effectIdOf(input.intentId, 1) } : {};
      return perform(store, input, { request: true, ...called }, context, (state, now) =>
        escalate(state, asked, type, directory, now),
      );
    },

    rung: async ({ input }) => {
      const directory = await people();
      return perform(store, input, {}, context, (state, now) =>
        climb(state, input.generation, directory, now, input.rung),
      );
    },

    // An agent's answer is awaited, or a person's, where the intent asks one or operators have it.
    await_answer: async (step) => {
      const { input, retry, token } = step;
      if (!token) throw new TerminalError('no_token', 'This state has no token to wait for.');
      const state = await store.load(input, { request: true });
      if (!state?.delivery || state.head.frozen) return steps.escalate(step);
      const asked = { generation: input.generation, rung: input.rung, retry, token };
      return perform(store, input, {}, context, (now, at) => awaitAnswer(now, asked, at));
    },

    delivery_rung: async (step) => {
      const state = await store.load(step.input);
      if (!state?.delivery || state.task || state.head.frozen) return steps.rung(step);
      return perform(store, step.input, {}, context, (now, at) =>
        climbDelivery(now, step.input.generation, knownAddress, at, step.input.rung),
      );
    },

    procedure_step: async ({ input }) => onward({ input, type: await typeIn(input), directory: await people() }),

    // A person's decision is awaited where the step asks one or operators have it; else the step's own end.
    procedure_wait: async (step) => {
      const { input, retry, token } = step;
      if (!token) throw new TerminalError('no_token', 'This state has no token to wait for.');
      const state = await store.load(input);
      if (state?.head.frozen || state?.procedure?.now?.task !== undefined) return steps.escalate(step);
      const asked = { generation: input.generation, rung: input.rung, retry, token };
      return perform(store, input, {}, context, (now, at) => awaitStep(now, asked, at));
    },

    complete: ({ input }) => {
      const effectId = effectIdOf(input.intentId, 1);
      return perform(store, input, { effectId }, context, (state) => complete(state, input.generation));
    },

    record_failure: ({ input, error = { name: 'Unknown', cause: '' } }) =>
      perform(store, input, {}, context, (state, now) => recordFailure(state, input.generation, error, now)),
  };

  async function preparing({ input }: Step, name: PreparingState) {
    const type = declaredAction(input.type);
    const state = await store.load(input, { request: true });
    const evidence = name === 'RETRIEVE_CONTEXT' ? await readEvidence(type, state?.request?.payload ?? {}) : {};
    return perform(store, input, { request: true }, context, (state, now) =>
      prepare(state, input.generation, name, type, evidence, now),
    );
  }

  return (step: Step): Promise<unknown> => steps[step.step](step);
}
