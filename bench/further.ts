/** What is only counted, since the bare sample has nothing like it: agents that work for each other, and procedures. */

import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { pushRef } from '../adapters/bindings.ts';
import { intentPk, outboxPrefix } from '../adapters/rows.ts';
import { delegationMachine } from '../core/delegation.ts';
import { procedureMachine } from '../core/procedure.ts';
import { subjectHashIn } from '../local/approver.ts';
import { makeKey } from '../local/keys.ts';
import { linkIn } from '../local/mailbox.ts';
import { runArn } from '../local/runs.ts';
import type { LocalStack } from '../local/stack.ts';
import { until } from '../local/until.ts';
import { answered, paths } from '../price/paths.ts';
import type { FurtherPath } from './results.ts';
import { patienceSeconds, type Surroundings, taskWith } from './surroundings.ts';

/** Told before each request which function answers it, and by which name it is counted. */
type Request = (name: string, door: string) => void;

/** A run of one path, from an agent of its own: `asks` is called where the counting of the intent begins. */
export type Further = (path: FurtherPath, asks: () => void, request: Request) => Promise<{ runs: string[] }>;

/** Where webhooks go: taken at once. */
export async function startTaker(): Promise<{ url: string; taken(): number; close(): void }> {
  let taken = 0;
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      taken += 1;
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, taken: () => taken, close: () => server.close() };
}

export function furtherOf(
  stack: LocalStack,
  { apiOf, request, nextMail, endOf }: Surroundings,
  outputs: Record<string, string>,
  taker: { url: string; taken(): number },
): Further {
  const api = apiOf(outputs);
  const machines = JSON.parse(outputs.StateMachines ?? '{}') as Record<string, string>;
  const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient(stack.aws));

  async function agent(tenant: string, name: string) {
    const [orgId = '', workspaceId = ''] = tenant.split('/');
    const key = { orgId, workspaceId, agent: name, name: 'npm run bench' };
    const { apiKey } = await makeKey(stack.aws, outputs.ControlTable ?? '', key);
    return {
      address: `agent://${tenant}/${name}`,
      async call(method: string, path: string, body?: object, more: Record<string, string> = {}) {
        const key = { 'x-api-key': apiKey, 'idempotency-key': randomUUID() };
        const headers = { 'content-type': 'application/json', ...key, ...more };
        const answer = await request(`${api}${path}`, {
          method,
          headers,
          ...(body ? { body: JSON.stringify(body) } : {}),
        });
        return JSON.parse(answer.body);
      },
    };
  }

  async function rows(tenant: string, intentId: string, prefix: string): Promise<Record<string, unknown>[]> {
    const found = await dynamo.send(
      new QueryCommand({
        TableName: outputs.IntentsTable,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':pk': intentPk({ tenant, intentId }), ':prefix': prefix },
        ConsistentRead: true,
      }),
    );
    return found.Items ?? [];
  }
  const wait = <T>(what: string, found: () => Promise<T | undefined | false>) => until(what, patienceSeconds, found);

  return async (path, asks, told) => {
    const tenant = `bench-${randomBytes(4).toString('hex')}/main`;
    const [asker, worker] = [await agent(tenant, 'asker'), await agent(tenant, 'packer')];
    const box = pushRef({ tenant, address: worker.address });
    /** Nothing is owed any more, and whoever waits for the agent waits. */
    const quiet = (ids: string[]) =>
      wait('nothing is owed', async () => {
        const owed = await Promise.all([...ids, box.intentId].map((id) => rows(tenant, id, outboxPrefix)));
        return owed.flat().length === 0;
      });
    const waits = (id: string) =>
      wait(`the run of ${id} waits`, async () => (await rows(tenant, id, 's#delivery'))[0]?.token !== undefined);
    const runOf = (machine: string, id: string) => runArn(machines[machine] ?? '', `${id}-1`);

    if (path === 'delegation, pushed')
      await worker.call('PUT', `/v1/agents/${worker.address}/binding`, { kind: 'http', url: taker.url });
    if (path === 'delegation, told') {
      const body = { callback_url: taker.url, event_types: ['intent.completed'] };
      await asker.call('POST', '/v1/webhooks/subscriptions', body);
    }

    /** The agent's part, from its mailbox to its answer. */
    async function work(id: string): Promise<void> {
      await waits(id);
      await quiet([id]);
      const claimed = path === 'delegation, claimed';
      if (claimed) {
        told('read the mailbox', 'streams');
        await worker.call('GET', `/v1/agents/${worker.address}/intents`);
        told('claim', 'api');
        await worker.call('POST', `/v1/intents/${id}/claim`, { claimant: 'bench', lease_seconds: 3600 });
      }
      told('answer', 'api');
      const fence: Record<string, string> = claimed ? { 'x-fencing-token': '1' } : {};
      await worker.call('POST', `/v1/intents/${id}/resume`, { result: answered, action: 'complete' }, fence);
    }

    asks();
    const before = taker.taken();
    if (path === 'procedure') {
      const word = randomUUID();
      const mailed = await nextMail();
      told('submit', 'scenarios');
      const { intent_id: id } = await asker.call('POST', '/v1/scenarios/apply', bundleOf(worker.address, word));
      const part = await wait('the part is there', async () => {
        const [row] = await rows(tenant, id, 's#procedure');
        const made = row && JSON.parse(String(row.progress)).now?.part;
        return made !== undefined && (await rows(tenant, made, 's#head')).length > 0 && String(made);
      });
      await work(part);
      const link = linkIn(await mailed(word), stack.baseUrl)?.replace(stack.baseUrl, api) ?? '';
      await quiet([id, part]);
      const form = { subject_hash: subjectHashIn((await request(link, {})).body), outcome: 'approved', comment: '' };
      told('decide', 'approvals');
      await request(link, { method: 'POST', body: new URLSearchParams(form) });
      const runs = [runOf(procedureMachine, id), runOf(delegationMachine, part)];
      for (const run of runs) await endOf(run);
      await quiet([id, part]);
      return { runs };
    }
    const { type: intent_type, payload } = paths.delegation;
    told('submit', 'api');
    const { intent_id: id } = await asker.call('POST', '/v1/intents', {
      intent_type,
      to_agent: worker.address,
      payload,
    });
    await work(id);
    const run = runOf(delegationMachine, id);
    await endOf(run);
    await quiet([id]);
    if (path === 'delegation, told') await wait('it is told', async () => taker.taken() > before);
    return { runs: [run] };
  };
}

/** A step of an agent, then one of a person. */
const bundleOf = (address: string, word: string) => ({
  scenario_id: 'bench.v1',
  agents: [{ role: 'packer', address }],
  humans: [{ role: 'boss', contact: 'ada@example.com' }],
  workflow: {
    steps: [
      { step_id: 'pack', assigned_to: 'packer' },
      { step_id: 'approve', assigned_to: 'boss', human_task: { title: taskWith(word) } },
    ],
  },
  intent: { type: 'bench.v1', payload: paths.delegation.payload },
});
