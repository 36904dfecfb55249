/** The secret of an agent's webhook: made, made anew, and told again to the same request. */

import { beforeEach, expect, it } from 'vitest';
import type { ApiKey } from '../../adapters/keys.ts';
import type { Binding } from '../../core/binding.ts';
import { goodKeys, type Repeatable, type SigningKey } from '../../core/signing-keys.ts';
import { memoryBindings, memoryOwedPushes } from '../../core/testing/memory-bindings.ts';
import { memoryMailboxes } from '../../core/testing/memory-mailboxes.ts';
import { binder } from '../../functions/bindings/bind.ts';
import * as given from '../core/builders.ts';

const { tenant } = given;
const box = { tenant, address: `agent://${tenant}/packer` };
const caller: ApiKey = { keyId: 'k1', tenant, agent: box.address, name: 'packer', createdAt: given.start };
const asked: Repeatable = { key: 'repeat', requestHash: 'h', callerToken: 'hp_sa_1' };

function house() {
  const rows = memoryBindings();
  const newId = given.idsInOrder();
  return {
    rows,
    ...binder({
      rows,
      boxes: memoryMailboxes(),
      owed: memoryOwedPushes(),
      context: () => given.contextAt(given.start, newId),
      people: async () => given.directory,
      seal: async (secret) => `sealed ${secret}`,
      localReceivers: [],
      internalTargets: [],
    }),
    sealed: async (): Promise<string[]> => {
      const { keys } = (await rows.binding(box)) as Binding & { keys: SigningKey[] };
      return goodKeys(keys, given.start).map((key) => key.sealed.replace('sealed ', ''));
    },
  };
}

let at: ReturnType<typeof house>;
let first: string;
beforeEach(async () => {
  at = house();
  first = (await at.bind(caller, box, { kind: 'http', url: 'https://hooks.example.com/' }, 'trace-1')) ?? '';
});

it('a rotation that is repeated with its Idempotency-Key gives the same secret, and the one before signs on', async () => {
  const second = await at.rotate(box, asked);
  expect(await at.rotate(box, asked)).toBe(second);
  expect(await at.sealed()).toEqual([second, first]);
  const third = await at.rotate(box, { ...asked, key: 'another' });
  expect(third).not.toBe(second);
  // Late, behind another.
  expect(await at.rotate(box, asked)).toBe(second);
  expect(await at.sealed()).toEqual([third, second, first]);
});

it('of two at once with one Idempotency-Key there is one', async () => {
  const [one, other] = await Promise.all([at.rotate(box, asked), at.rotate(box, asked)]);
  expect(one).toBe(other);
  expect(await at.sealed()).toEqual([one, first]);
});

it('keeps nothing in the clear: without the caller’s own token it is not told again', async () => {
  const second = await at.rotate(box, asked);
  const kept = JSON.stringify(await at.rows.binding(box)).replaceAll(`sealed ${second}`, '');
  expect(kept).not.toContain(second);
  expect(kept).not.toContain(asked.callerToken);
  for (const other of [{ callerToken: 'hp_sa_2' }, { requestHash: 'other' }])
    await expect(at.rotate(box, { ...asked, ...other })).rejects.toMatchObject({ code: 'idempotency_conflict' });
  expect(await at.sealed()).toEqual([second, first]);
});

it('a rotation that is repeated without the header does not end the key that the receiver knows', async () => {
  const lost = await at.rotate(box);
  const told = await at.rotate(box);
  expect(await at.sealed()).toEqual([told, lost, first]);
});
