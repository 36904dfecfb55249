import { NotDecidedError } from '@holdpoint/sdk';
import { createTestWorld } from '@holdpoint/sdk/testing';
import { expect, it } from 'vitest';
import { deploy } from './deploy.ts';

it('deploys what somebody approved', async () => {
  const world = createTestWorld();
  const deployed: string[] = [];
  const decision = deploy(world.client(), 'v2', async (version) => void deployed.push(version));
  await world.decide('ada', 'approved', { comment: 'Go.' });
  expect((await decision).comment).toBe('Go.');
  expect(deployed).toEqual(['v2']);
});

it('deploys nothing where nobody decides for two days', async () => {
  const world = createTestWorld({ now: '2026-11-20T09:00:00Z' });
  const decision = deploy(world.client(), 'v2', () => Promise.reject(new Error('never')));
  const refused = expect(decision).rejects.toThrow(NotDecidedError);
  await world.advance(2 * 86_400);
  await refused;
});
