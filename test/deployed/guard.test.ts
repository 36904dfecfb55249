/** What the guard of removals answers over the real tables; that a deployment heeds it is in test/deploy. */

import { expect, it } from 'vitest';
import { askGuard, declared, goneType } from './guard.ts';
import { approvalIntent, newAgent } from './world.ts';

const without = (type: string) => declared.filter((one) => one.type !== type);
const closed = declared.map((one) => ({ ...one, closed: true }));

it('a type with open intents may not go, and the sentence says how it may', async () => {
  const agent = await newAgent();
  const id = await agent.submit(approvalIntent());
  await agent.reaches(id, 'WAITING');
  const { Status, Reason } = await askGuard(closed, without('intent.approval.v1'));
  expect(Status).toBe('FAILED');
  expect(Reason).toMatch(/^intent\.approval\.v1 cannot be removed yet: .*open.*holdpoint types/);
});

it('nor one whose door is open', async () => {
  const { Status, Reason } = await askGuard(declared, without('intent.refund.v1'));
  expect(Status).toBe('FAILED');
  expect(Reason).toContain('its door is open');
});

it('one that no open intent has may', async () => {
  expect(await askGuard([...declared, goneType], declared)).toMatchObject({ Status: 'SUCCESS', Reason: '' });
});
