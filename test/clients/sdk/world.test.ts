/** The world for users' own tests: what follows from what is asked, and time. */

import { expect, it } from 'vitest';
import { NotDecidedError } from '../../../clients/sdk/index.ts';
import { createTestWorld } from '../../../clients/sdk/testing/index.ts';
import { refund } from '../../../intents/refund.ts';
import * as given from '../../core/builders.ts';

const world = (more = {}) => createTestWorld({ now: given.start, ...more });

it('lets a person decide what an agent asks', async () => {
  const at = world();
  const decision = at.client().waitForHuman({ task: 'Deploy v2?', assignee: 'ada' });
  await at.decide('ada', 'approved', { comment: 'Go.' });
  expect(await decision).toMatchObject({ approved: true, outcome: 'approved', decidedBy: 'ada', comment: 'Go.' });
});

it('has days pass in no time: nobody decides, and the question is over', async () => {
  const at = world();
  const hp = at.client();
  const asked = hp.waitForHuman({ task: 'Deploy v2?' }, { timeoutSeconds: 30 * 86_400 });
  const ended = asked.catch((error: unknown) => error);
  await at.advance(8 * 86_400);
  const error = await ended;
  expect(error).toBeInstanceOf(NotDecidedError);
  const { intent } = error as NotDecidedError;
  expect(intent.status).toBe('TIMED_OUT');
  const events = await hp.events(intent.intent_id);
  expect(events.map(({ event_type }) => event_type)).toContain('intent.reminder');
  expect(at.now).toBe(given.later(given.start, 8 * 86_400));
});

it('runs a type with its policy, evidence and tool, and pays once', async () => {
  const paid: object[] = [];
  const at = world({
    types: [refund],
    people: [{ id: 'ada', name: 'Ada', mail: 'ada@example.com', roles: ['refunds'] }],
    tools: {
      read_charge: () => given.charge(),
      issue_refund: (args: object) => {
        paid.push(args);
        return { refund_id: 're_1', charge_id: 'ch_1', amount_cents: 18_000, currency: 'EUR', status: 'succeeded' };
      },
    },
  });
  const hp = at.client();
  const { intent_id } = await hp.submit({ intent_type: 'intent.refund.v1', payload: given.refundPayload() });
  await at.decide('ada', 'approved');
  expect(await hp.waitFor(intent_id)).toMatchObject({
    status: 'COMPLETED',
    result: { approved: true, verified: true },
  });
  expect(paid).toHaveLength(1);
});

it('says what it was not given, and what nobody is asked', async () => {
  const at = world();
  await expect(at.decide('ada', 'approved')).rejects.toThrow('ada is asked 0 things.');
  expect(() => at.person('zoe')).toThrow('no zoe');
  await expect(at.client().request({ method: 'GET', path: '/v1/mesh/agents' })).rejects.toMatchObject({ status: 404 });
});
