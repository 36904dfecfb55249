/** Holdpoint, as an agent and an approver use it. */

import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { intentPk, outboxPrefix } from '../adapters/rows.ts';
import { subjectHashIn } from '../local/approver.ts';
import { makeKey } from '../local/keys.ts';
import { linkIn } from '../local/mailbox.ts';
import { runArn } from '../local/runs.ts';
import { sampleIntent } from '../local/sample.ts';
import type { LocalStack } from '../local/stack.ts';
import { until } from '../local/until.ts';
import type { Side } from './side.ts';
import { amountCents, patienceSeconds, type Surroundings, taskWith } from './surroundings.ts';

/** Whose intents are timed. Whatever else waits in the tables is of other tenants. */
export const tenant = 'bench/main';

export async function holdpointSide(
  stack: LocalStack,
  { apiOf, request, nextMail, endOf, charge }: Surroundings,
  outputs: Record<string, string>,
): Promise<Side & { health(): Promise<number> }> {
  const api = apiOf(outputs);
  const machines = JSON.parse(outputs.StateMachines ?? '{}') as Record<string, string>;
  const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient(stack.aws));
  const [orgId = '', workspaceId = ''] = tenant.split('/');
  const { apiKey } = await makeKey(stack.aws, outputs.ControlTable ?? '', {
    orgId,
    workspaceId,
    agent: 'bench',
    name: 'npm run bench',
  });

  async function submit(intent: { intent_type: string; payload: object; human_task?: object }) {
    const answer = await request(`${api}/v1/intents`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': apiKey, 'idempotency-key': randomUUID() },
      body: JSON.stringify(intent),
    });
    const intentId = String(JSON.parse(answer.body).intent_id);
    return { ...answer, intentId, run: runArn(machines[intent.intent_type] ?? '', `${intentId}-1`) };
  }

  /** Nothing is owed any more: whoever was to be called has been called. */
  const quiet = (intentId: string) =>
    until(`nothing is owed for ${intentId}`, patienceSeconds, async () => {
      const owed = await dynamo.send(
        new QueryCommand({
          TableName: outputs.IntentsTable,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :outbox)',
          ExpressionAttributeValues: { ':pk': intentPk({ tenant, intentId }), ':outbox': outboxPrefix },
          ConsistentRead: true,
        }),
      );
      return owed.Count === 0;
    });

  return {
    async ask() {
      const word = randomUUID();
      const mailed = await nextMail();
      const { intentId, run, sentAt, milliseconds } = await submit({
        intent_type: 'intent.approval.v1',
        payload: { task: taskWith(word) },
        // One mail, as the bare sample sends.
        human_task: { assignees: ['ada@example.com'] },
      });
      const mail = await mailed(word);
      await quiet(intentId);
      const link = linkIn(mail, stack.baseUrl)?.replace(stack.baseUrl, api) ?? '';
      return {
        times: { submit: milliseconds, mail: Date.parse(mail.at) - sentAt },
        run,
        async decide(ready) {
          const { body: page } = await request(link, {});
          const form = { subject_hash: subjectHashIn(page), outcome: 'approved', comment: '' };
          ready?.();
          const answer = await request(link, { method: 'POST', body: new URLSearchParams(form) });
          const decided = (await endOf(run)) - answer.sentAt;
          await quiet(intentId);
          return { decide: answer.milliseconds, decided };
        },
      };
    },

    async refund() {
      const { order } = await charge();
      const { intentId, run, sentAt } = await submit(sampleIntent(order, amountCents));
      const refund = (await endOf(run)) - sentAt;
      await quiet(intentId);
      return { refund, run };
    },

    /** The same way through API and function, and no table: what changes here is the emulator. */
    health: async () => (await request(`${api}/health`, {})).milliseconds,
  };
}
