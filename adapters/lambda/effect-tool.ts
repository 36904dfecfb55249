/** The one way a tool acts: begin, call the provider or look the call up, settle. A tool brings only its provider's part. */

import { z } from 'zod';
import { perform } from '../../core/commit.ts';
import { NotFound, OutcomeUnknownError, RetryableError, TerminalError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Effect } from '../../core/model.ts';
import { type Action, effectIdOf } from '../../core/plan.ts';
import type { Store } from '../../core/ports.ts';
import { begin, type Call, type CallResult, type CallStep, callAgain, settle } from '../../core/rules/effect.ts';
import { type Difference, verified } from '../../core/rules/finish.ts';
import type { ToolContract } from '../../core/tools.ts';
import { context } from './context.ts';
import { runInput, stepHandler } from './step.ts';

/** What the provider is told with a call, to find it again and to trace it. */
export interface Mark {
  effectId: string;
  intentId: string;
  traceId: string;
}

export interface Provider<C extends ToolContract> {
  /** One attempt under a key of its own. Must not throw for what the provider answers: ambiguity is `unknown`. */
  call(args: z.infer<C['input']>, mark: Mark, key: string): Promise<CallResult>;
  /** Finds a call by its effect id; nothing proves that it never happened. May throw: then nothing is known. */
  lookup(args: z.infer<C['input']>, mark: Mark): Promise<JsonObject | undefined>;
  /** Reads back what was made and says where it differs from what was asked. May throw. */
  readBack(args: z.infer<C['input']>, output: z.infer<C['output']>): Promise<Difference[]>;
}

const event = z.object({ mode: z.enum(['execute', 'verify']), input: runInput });
type Input = z.infer<typeof runInput>;

export function effectTool<C extends ToolContract>(tool: C, store: Store, provider: Provider<C>) {
  async function execute(input: Input, owner: string): Promise<{ effect: string }> {
    const call: Call = { generation: input.generation, owner, tool };
    const load = { effectId: effectIdOf(input.intentId, 1) };
    const change = <R>(rule: (state: never, now: never) => unknown): Promise<R> =>
      perform(store, input, load, context, rule as never) as Promise<R>;

    let step = await change<CallStep>((state, now) => begin(state, call, now));
    const mark: Mark = { effectId: step.effect.effectId, intentId: input.intentId, traceId: input.traceId };
    const args = argsOf(step.action);
    if (step.do === 'lookup') {
      const found = await lookUp(args, mark, (result) => change((state, now) => settle(state, call, result, now)));
      if (found) return { effect: 'SUCCEEDED' };
      step = await change<CallStep>((state, now) => callAgain(state, call, now));
    }
    if (step.do === 'call') {
      const result = checked(await provider.call(args, mark, `${mark.effectId}-${step.effect.attempt}`));
      const effect = await change<Effect>((state, now) => settle(state, call, result, now));
      if (effect.state === 'UNKNOWN') throw new OutcomeUnknownError('The call went out; its outcome is not known.');
      if (effect.state === 'FAILED') throw new TerminalError(effect.error?.code ?? 'tool_failed', 'The tool refused.');
    }
    return { effect: 'SUCCEEDED' };
  }

  /** True: the call had happened, and is settled now. Throws OutcomeUnknownError where the provider doesn't tell. */
  async function lookUp(
    args: z.infer<C['input']>,
    mark: Mark,
    settled: (result: CallResult) => Promise<unknown>,
  ): Promise<boolean> {
    let output: JsonObject | undefined;
    try {
      output = await provider.lookup(args, mark);
    } catch (error) {
      await settled({ outcome: 'unknown', because: 'look-up failed' });
      throw new OutcomeUnknownError('The call could not be looked up.', error);
    }
    if (!output) return false;
    const result = checked({ outcome: 'succeeded', output });
    await settled(result);
    if (result.outcome === 'unknown')
      throw new OutcomeUnknownError('The provider holds something else than the contract says.');
    return true;
  }

  async function verify(input: Input): Promise<{ verified: boolean }> {
    const load = { effectId: effectIdOf(input.intentId, 1) };
    const state = await store.load(input, load);
    const action = state?.plan?.plan.actions[0];
    if (!action || !state.effect?.output) throw new NotFound('effect');
    const output = tool.output.parse(state.effect.output) as z.infer<C['output']>;
    const differences = await provider.readBack(argsOf(action), output).catch((error: unknown) => {
      throw new RetryableError('The provider could not be read.', error);
    });
    return perform(store, input, load, context, (now, at) => verified(now, input.generation, differences, at));
  }

  const argsOf = (action: Action) => tool.input.parse(action.args) as z.infer<C['input']>;

  /** A success that doesn't fit the contract is no success that we understand. */
  const checked = (result: CallResult): CallResult => {
    if (result.outcome !== 'succeeded') return result;
    const output = tool.output.safeParse(result.output);
    return output.success
      ? { outcome: 'succeeded', output: output.data as JsonObject }
      : { outcome: 'unknown', because: 'output breaks the contract' };
  };

  return stepHandler(event, ({ mode, input }, requestId) =>
    mode === 'execute' ? execute(input, requestId) : verify(input),
  );
}
