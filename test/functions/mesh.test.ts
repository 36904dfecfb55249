/** A heartbeat that comes again, over counters in memory. */

import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, type DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { beforeEach, expect, it } from 'vitest';
import type { ApiKey } from '../../adapters/keys.ts';
import { openMesh } from '../../adapters/mesh.ts';
import { budgetPk } from '../../adapters/rows.ts';
import { heartbeat } from '../../functions/mesh/agents.ts';
import { beaten } from '../../wire/mesh-answers.ts';
import { later, start, tenant } from '../core/builders.ts';

const caller: ApiKey = { keyId: 'k', tenant, agent: `agent://${tenant}/bot`, name: 'bot', createdAt: start };

function house() {
  const rows = new Map<string, Record<string, unknown>>();
  const cost = new Map<string, number>();
  let stopped = false;
  let now = start;
  let lost = 0;

  function transact({ input }: TransactWriteCommand) {
    const items = input.TransactItems ?? [];
    const reasons = items.map(({ Put }) => {
      const there = Put && rows.get(`${Put.Item?.pk}|${Put.Item?.sk}`);
      return there ? { Code: 'ConditionalCheckFailed', Item: marshall(there) } : { Code: 'None' };
    });
    if (reasons.some(({ Code }) => Code !== 'None'))
      throw new TransactionCanceledException({ message: '', $metadata: {}, CancellationReasons: reasons });
    for (const { Put, Update } of items) {
      if (Put?.Item) rows.set(`${Put.Item.pk}|${Put.Item.sk}`, Put.Item);
      const pk = String(Update?.Key?.pk);
      const more = Update?.ExpressionAttributeValues?.[':cost'];
      if (typeof more === 'number') cost.set(pk, (cost.get(pk) ?? 0) + more);
    }
    if (lost-- > 0) throw new Error('the answer is lost');
    return {};
  }

  const client = {
    send: async (command: unknown) => {
      if (command instanceof TransactWriteCommand) return transact(command);
      if (!(command instanceof BatchGetCommand)) throw new TypeError('no such call here');
      const keys = command.input.RequestItems?.Control?.Keys ?? [];
      return {
        Responses: { Control: stopped ? keys.map((key) => ({ ...key, at: start, by: 'ada', reason: '' })) : [] },
      };
    },
  } as unknown as DynamoDBDocumentClient;
  const ports = {
    client,
    tables: { control: 'Control', meters: 'Meters' },
    mesh: openMesh(client, 'Meters'),
    clock: () => now,
  };
  return {
    cost,
    rows,
    pass: (seconds: number) => {
      now = later(now, seconds);
    },
    stop: () => {
      stopped = true;
    },
    loseAnswer: () => {
      lost = 1;
    },
    beat: async (costUsd: number, known?: { key: string; requestHash: string }) =>
      beaten.parse({ ok: true, ...(await heartbeat(ports, caller, { cost_usd: costUsd }, known)) }),
  };
}

let at: ReturnType<typeof house>;
beforeEach(() => {
  at = house();
});

const asked = { key: 'repeat', requestHash: 'h' };
const counted = () => ['tenant', `agent#${caller.agent}`].map((scope) => at.cost.get(budgetPk(tenant, scope)));

it('counts once what it costs, however often it comes with its Idempotency-Key, and is answered the same', async () => {
  const first = await at.beat(0.25, asked);
  at.pass(60);
  at.stop();
  expect(await at.beat(0.25, asked)).toEqual(first);
  expect(counted()).toEqual([250_000, 250_000]);
  expect(first).toMatchObject({ health_status: 'healthy', last_heartbeat_at: start });
});

it('whose answer was lost is not counted again', async () => {
  at.loseAnswer();
  await expect(at.beat(0.25, asked)).rejects.toThrow('lost');
  at.pass(60);
  expect(await at.beat(0.25, asked)).toMatchObject({ last_heartbeat_at: start });
  expect(counted()).toEqual([250_000, 250_000]);
});

it('with another body under the same key is a conflict, and counts nothing', async () => {
  await at.beat(0.25, asked);
  await expect(at.beat(0.5, { ...asked, requestHash: 'other' })).rejects.toMatchObject({
    code: 'idempotency_conflict',
  });
  expect(counted()).toEqual([250_000, 250_000]);
});

it('without a key counts each time', async () => {
  await at.beat(0.25);
  await at.beat(0.25);
  expect(counted()).toEqual([500_000, 500_000]);
  expect(at.rows.size).toBe(0);
});

it('of a stopped agent says so', async () => {
  at.stop();
  expect(await at.beat(0, asked)).toMatchObject({ health_status: 'killed' });
});
