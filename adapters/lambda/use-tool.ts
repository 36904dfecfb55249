/** The one way a tool acts: begin, call the provider or look the call up, settle. A tool brings only its provider's part. */

import * as z from 'zod';
import { perform } from '../../core/commit.ts';
import {
  Cancelled,
  HoldpointError,
  NotFound,
  OutcomeUnknownError,
  RetryableError,
  TerminalError,
} from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Effect } from '../../core/model.ts';
import { type Action, effectIdOf } from '../../core/plan.ts';
import type { Context, Store } from '../../core/ports.ts';
import {
  begin,
  type Call,
  type CallResult,
  callAgain,
  callBy,
  type OpenCall,
  settle,
} from '../../core/rules/effect.ts';
import { type Difference, verified } from '../../core/rules/finish.ts';
import type { ToolContract } from '../../core/tools.ts';
import { runInput } from './run-input.ts';

/** What the provider is told with a call, to find it again and to trace it. */
export interface Mark {
  effectId: string;
  intentId: string;
  traceId: string;
}

export interface Provider<C extends ToolContract> {
  /**
   * One attempt under a key of its own, given up after the contract's provider timeout. Must not throw for what the
   * provider answers: ambiguity is `unknown`.
   */
  call(args: z.infer<C['input']>, mark: Mark, key: string): Promise<CallResult>;
  /**
   * Finds a call by its effect id; nothing proves that it never happened. May throw: then nothing is known.
   * Here and in `readBack` the arguments, and the output, may be those of any earlier version: what went out is looked up
   * whatever the contract says now.
   */
  lookup(args: z.infer<C['input']>, mark: Mark): Promise<CallResult | undefined>;
  /** Reads back what was made and says where it differs from what was asked. May throw. */
  readBack(args: z.infer<C['input']>, output: z.infer<C['output']>): Promise<Difference[]>;
}

export const toolEvent = z.object({ mode: z.enum(['execute', 'verify']), input: runInput });
type Input = z.infer<typeof runInput>;

/** What a tool's function does, by mode: acts once, or reads back what it did. `owner` is the invocation. */
export function useTool<C extends ToolContract>(tool: C, store: Store, provider: Provider<C>, context: () => Context) {
  async function execute(input: Input, owner: string): Promise<Effect> {
    const call: Call = { generation: input.generation, owner, tool };
    const load = loadOf(input);
    const step = await perform(store, input, load, context, (state, now) => begin(state, call, now));
    if (step.do === 'refused') throw new Cancelled('FAILED');
    if (step.do === 'nothing') return step.effect;
    if (step.do === 'call') return attempt(input, call, step);
    const found = await lookUp(input, call, step);
    if (found) return found;
    const again = await perform(store, input, load, context, (state, now) => callAgain(state, call, now));
    if (again.do !== 'call')
      throw new TerminalError('not_executed', 'The intent was to end before this was tried again.');
    return attempt(input, call, again);
  }

  async function attempt(input: Input, call: Call, { action, effect }: OpenCall): Promise<Effect> {
    if (Date.parse(context().now) > Date.parse(callBy(effect, tool)))
      throw new OutcomeUnknownError('Too late to call: others may have taken this over.');
    const result = await provider.call(argsOf(action), markOf(input, effect), `${effect.effectId}-${effect.attempt}`);
    return settled(input, call, result);
  }

  /** The settled effect where the call had happened, nothing where it never did. Throws OutcomeUnknownError where nobody knows. */
  async function lookUp(input: Input, call: Call, { action, effect }: OpenCall): Promise<Effect | undefined> {
    try {
      const found = await provider.lookup(argsOf(action), markOf(input, effect));
      return found && (await settled(input, call, found));
    } catch (error) {
      if (error instanceof HoldpointError) throw error;
      return settled(input, call, { outcome: 'unknown', because: 'look-up failed' });
    }
  }

  /** Records what a call did; throws where that is no success, by the name the state machine acts on. */
  async function settled(input: Input, call: Call, result: CallResult): Promise<Effect> {
    const effect = await perform(store, input, loadOf(input), context, (state, now) =>
      settle(state, call, checked(result), now),
    );
    if (effect.state === 'UNKNOWN') throw new OutcomeUnknownError('The call went out; its outcome is not known.');
    if (effect.state === 'FAILED') throw new TerminalError(effect.error?.code ?? 'tool_failed', 'The tool refused.');
    return effect;
  }

  async function verify(input: Input): Promise<object> {
    const state = await store.load(input, loadOf(input));
    const action = state?.plan?.plan.actions[0];
    if (!action || !state.effect?.output) throw new NotFound('effect');
    const output = state.effect.output as z.infer<C['output']>;
    const differences = await provider.readBack(argsOf(action), output).catch((error: unknown) => {
      throw new RetryableError('The provider could not be read.', error);
    });
    return perform(store, input, loadOf(input), context, (now, at) => verified(now, input.generation, differences, at));
  }

  /** As they were approved; the use case has validated them for a call. */
  const argsOf = (action: Action) => action.args as z.infer<C['input']>;

  const loadOf = (input: Input) => ({ effectId: effectIdOf(input.intentId, 1) });

  const markOf = (input: Input, effect: Effect): Mark => ({
    effectId: effect.effectId,
    intentId: input.intentId,
    traceId: input.traceId,
  });

  /** A success that doesn't fit the contract is no success that we understand. */
  const checked = (result: CallResult): CallResult => {
    if (result.outcome !== 'succeeded') return result;
    const output = tool.output.safeParse(result.output);
    return output.success
      ? { outcome: 'succeeded', output: output.data as JsonObject }
      : { outcome: 'unknown', because: 'output breaks the contract' };
  };

  return async ({ mode, input }: z.infer<typeof toolEvent>, owner: string): Promise<object> =>
    mode === 'execute' ? { effect: (await execute(input, owner)).state } : verify(input);
}
