/** What an operator sees of an intent from outside, and what nobody may see: links, keys, tokens. */

import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Agent,
  aws,
  decide,
  history,
  linkFor,
  linkOf,
  mailsFor,
  newAgent,
  newOrder,
  refundIntent,
  refundsOf,
  rows,
  until,
} from './world.ts';

const logs = new CloudWatchLogsClient(aws);
const startTime = Date.now();
const trace = `trace-${startTime}`;
/** The functions that an intent with an approval goes through. */
const services = ['api', 'steps', 'runs', 'mail', 'approvals', 'issue_refund'];
let agent: Agent;
let id: string;
let token: string;
let lines: string[];

async function allLogLines(): Promise<string[]> {
  const found: string[] = [];
  const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({}));
  for (const { logGroupName } of logGroups) {
    let nextToken: string | undefined;
    do {
      const page = await logs.send(
        new FilterLogEventsCommand({ logGroupName, startTime, ...(nextToken ? { nextToken } : {}) }),
      );
      found.push(...(page.events ?? []).map((event) => event.message ?? ''));
      nextToken = page.nextToken;
    } while (nextToken);
  }
  return found;
}

const parsed = (line: string) => {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return {};
  }
};

beforeAll(async () => {
  agent = await newAgent();
  const answer = await agent.call('POST', '/v1/intents', {
    body: refundIntent(await newOrder(), 18_000),
    headers: { 'x-trace-id': trace },
  });
  id = answer.body.intent_id;
  const link = await linkFor(agent, id);
  token = (await rows(agent, id, 's#task'))[0]?.token;
  await decide(link);
  await agent.reaches(id, 'COMPLETED');
  // The emulator may show a call's last lines only with the next call of the same function.
  const later = await agent.submit(refundIntent(await newOrder(), 18_000));
  await decide(await linkFor(agent, later));
  await agent.reaches(later, 'COMPLETED');
  lines = await until('the logs are complete', 60, async () => {
    const found = await allLogLines();
    const own = found.map(parsed).filter((line) => line.correlationId === trace);
    return services.every((service) => own.some((line) => line.service === service)) ? found : undefined;
  });
});

describe('one correlation id', () => {
  it.each(services)('is in the log of %s', (service) => {
    const own = lines.map(parsed).filter((line) => line.service === service && line.correlationId === trace);
    expect(own.length).toBeGreaterThan(0);
  });

  it('is in the head, the records and the provider’s metadata', async () => {
    expect((await agent.get(id)).trace_id).toBe(trace);
    expect((await refundsOf(id))[0]?.metadata.trace_id).toBe(trace);
  });
});

describe('metrics', () => {
  const emitted = () => lines.map(parsed).filter((line) => '_aws' in line);

  it.each([
    ['IntentsSubmitted', { type: 'intent.refund.v1' }],
    ['IntentsEscalated', { type: 'intent.refund.v1' }],
    ['IntentsEnded', { type: 'intent.refund.v1', outcome: 'completed' }],
    ['DecisionSeconds', { type: 'intent.refund.v1' }],
    ['IntentCostMicroUsd', { type: 'intent.refund.v1' }],
  ])('%s is emitted with its dimensions', (name, dimensions) => {
    const found = emitted().find(
      (line) => name in line && Object.entries(dimensions).every(([key, value]) => line[key] === value),
    );
    expect(found?.[name]).toBeGreaterThanOrEqual(0);
  });
});

describe('secrets', () => {
  it('7, 25: no link, key or token is in any log or in the history of the run’s states', async () => {
    const secrets = [agent.key, ...(await mailsFor(agent, id)).map((mail) => linkOf(mail).split('/').at(-1) ?? '')];
    expect(secrets).toHaveLength(3);
    expect(token.length).toBeGreaterThan(10);
    const all = lines.join('\n');
    for (const secret of [...secrets, token]) expect(all).not.toContain(secret);
    expect(all).not.toContain('The parcel arrived damaged.');
    const run = JSON.stringify(await history('intent.refund.v1', id));
    for (const secret of secrets) expect(run).not.toContain(secret);
  });
});
