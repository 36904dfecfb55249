/** Processes that are killed, and a deployment that is gone for a while: what they do is done all the same. */

import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestWorld } from '../../../clients/sdk/testing/index.ts';
import { type Child, start } from './child.ts';
import { Door } from './door.ts';

// A process is started for each part; on a busy machine that takes its time.

let world: ReturnType<typeof createTestWorld>;
let door: Door;
let children: Child[];
beforeEach(async () => {
  world = createTestWorld();
  door = new Door(world);
  children = [];
  await door.open();
});
afterEach(async () => {
  for (const child of children) await child.kill();
  await door.close();
});

function run(file: string, argument: string, key: string): Child {
  const child = start(join(import.meta.dirname, file), [argument], { HOLDPOINT_URL: door.url, HOLDPOINT_API_KEY: key });
  children.push(child);
  return child;
}

it('who waits may be killed, and the deployment gone: the next process needs the id alone', async () => {
  const hp = world.client('asker');
  const key = world.keyOf('asker');
  const { intent_id: id } = await hp.submit({ intent_type: 'human_approval', payload: { task: 'Go?' } });
  const first = run('wait.ts', id, key);
  await first.said('intent.human_task_assigned');
  await first.kill();

  const next = run('wait.ts', id, key);
  await next.said('intent.human_task_assigned');
  await door.close();
  await world.decide('ada', 'approved');
  await door.open();
  expect(await next.said('decided')).toBe('decided true by ada');
  expect(await next.ended).toBe(0);
  const seqs = next.lines.flatMap((line) => /^event (\d+)/.exec(line)?.[1] ?? []).map(Number);
  expect(seqs).toEqual((await hp.events(id)).map(({ seq }) => seq));
});

it('what a killed worker had is done by the other, under a greater token', async () => {
  const sender = world.client('sender');
  const child = run('work.ts', 'packer', world.keyOf('packer'));
  const parcel = { intent_type: 'parcels.pack.v1', to_agent: 'packer' };
  const { intent_id: id } = await sender.submit(parcel);
  await child.said(`has ${id} under 1`);
  const did: [string, number][] = [];
  const stop = new AbortController();
  const listening = world.client('packer').listen(
    'packer',
    async ({ intent, fencingToken }) => {
      did.push([intent.intent_id, fencingToken]);
      return { done: true };
    },
    { signal: stop.signal },
  );
  const { intent_id: other } = await sender.submit(parcel);
  expect(await sender.waitFor(other)).toMatchObject({ status: 'COMPLETED' });
  expect(did).toEqual([[other, 1]]);
  await child.kill();
  await world.advance(300);
  expect(await sender.get(id)).toMatchObject({ status: 'COMPLETED', result: { done: true } });
  expect(did[1]).toEqual([id, 2]);
  stop.abort();
  await listening;
});
