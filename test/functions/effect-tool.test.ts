/** What a tool's function does around the rules: above all, that it doesn't call when its time is over. */

import { describe, expect, it } from 'vitest';
import { type Provider, useTool } from '../../adapters/lambda/use-tool.ts';
import type { Store } from '../../core/ports.ts';
import { issueRefund } from '../../functions/tools/issue_refund/contract.ts';
import { approvedRefund, refunded } from '../core/story.ts';

const { functionTimeoutSeconds, providerTimeoutSeconds } = issueRefund;

/** An approved refund, its tool's function, and the keys under which the provider was called. */
async function tool() {
  const told = await approvedRefund();
  const keys: string[] = [];
  const provider: Provider<typeof issueRefund> = {
    call: async (_args, _mark, key) => {
      keys.push(key);
      return refunded;
    },
    lookup: async () => undefined,
    readBack: async () => [],
  };
  const input = {
    v: 1 as const,
    ...told.ref,
    generation: 1,
    type: told.type.type,
    traceId: 't',
    waitUntil: '',
    rung: 0,
  };
  const execute = (store: Store, owner: string) =>
    useTool(issueRefund, store, provider, told.context)({ mode: 'execute', input }, owner);
  /** A store whose commits take this long to answer: the function was frozen meanwhile, or the tables were slow. */
  const slow = (seconds: number): Store => ({
    ...told.store,
    async commit(commit) {
      const outcome = await told.store.commit(commit);
      told.pass(seconds);
      return outcome;
    },
  });
  return { told, keys, execute, slow };
}

describe('the provider is called', () => {
  const inTime = functionTimeoutSeconds - providerTimeoutSeconds;

  it('while the function has time for it', async () => {
    const { keys, execute, slow, told } = await tool();
    await expect(execute(slow(inTime), 'first')).resolves.toEqual({ effect: 'SUCCEEDED' });
    expect(keys).toEqual([`${told.effectId}-1`]);
  });

  it('never later: others may have looked the call up and made the next attempt', async () => {
    const { keys, execute, slow, told } = await tool();
    await expect(execute(slow(inTime + 0.001), 'first')).rejects.toMatchObject({ name: 'OutcomeUnknownError' });
    expect(keys).toEqual([]);
    told.pass(3600);
    await expect(execute(told.store, 'second')).resolves.toEqual({ effect: 'SUCCEEDED' });
    expect(keys).toEqual([`${told.effectId}-2`]);
  });
});
