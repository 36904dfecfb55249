/** The world in memory keeps the contract that the deployed stack keeps. */

import { it } from 'vitest';
import { HoldpointClient } from '../../../clients/sdk/index.ts';
import { createTestWorld } from '../../../clients/sdk/testing/index.ts';
import { contract } from '../../contract/index.ts';
import type { Place } from '../../contract/place.ts';

function inMemory(): Place {
  const world = createTestWorld();
  const { baseUrl, fetch } = world;
  const withKey = (apiKey: string) => new HoldpointClient({ baseUrl, apiKey, fetch });
  return {
    agent: (name) => withKey(world.keyOf(name)),
    person: (id) => world.person(id),
    stranger: () => withKey(world.keyOf('agent://other/main/agent')),
    withKey,
    speaking: (agent, mayDecideAs) => withKey(world.keyOf(agent, { mayDecideAs })),
    async eventually(what, look) {
      await world.settled();
      const found = await look();
      if (found === undefined || found === false) throw new Error(`there is no ${what}`);
      return found;
    },
  };
}

it.each(contract)('$name', ({ run }) => run(inMemory()));
