/** The world in memory keeps the contract that the deployed stack keeps. */

import { expect, it } from 'vitest';
import { HoldpointClient } from '../../../clients/sdk/index.ts';
import { createTestWorld, type TestWorld } from '../../../clients/sdk/testing/index.ts';
import { contract } from '../../contract/index.ts';
import type { Place } from '../../contract/place.ts';
import { faultsOfAnswer } from '../../wire/contract.ts';

/** Each answer is held against the API's document, as those of the deployed stack are. */
const documented =
  ({ baseUrl, fetch }: TestWorld): typeof globalThis.fetch =>
  async (input, init) => {
    const response = await fetch(input, init);
    const { status, headers } = response;
    const [method = 'GET', path] = [init?.method, String(input).slice(baseUrl.length)];
    const given = {
      method,
      path,
      status,
      type: headers.get('content-type') ?? '',
      text: await response.clone().text(),
    };
    expect(faultsOfAnswer(given)).toEqual([]);
    return response;
  };

function inMemory(): Place {
  const world = createTestWorld();
  const { baseUrl } = world;
  const fetch = documented(world);
  // Clients that the world makes are held against it as well.
  Object.assign(world, { fetch });
  const withKey = (apiKey: string) => new HoldpointClient({ baseUrl, apiKey, fetch });
  return {
    agent: (name) => withKey(world.keyOf(name)),
    person: (id) => world.person(id),
    stranger: () => withKey(world.keyOf('agent://other/main/agent')),
    withKey,
    raw: (name, path, { headers, ...init } = {}) =>
      fetch(`${baseUrl}${path}`, { ...init, headers: { 'x-api-key': world.keyOf(name), ...headers } }),
    speaking: (agent, mayDecideAs) => withKey(world.keyOf(agent, { mayDecideAs })),
    async eventually(what, look) {
      await world.settled();
      let found = await look();
      // What comes after a pause.
      for (let second = 0; second < 5 && !found; second += 1) {
        await world.advance(1);
        found = await look();
      }
      if (found === undefined || found === false) throw new Error(`there is no ${what}`);
      return found;
    },
  };
}

it.each(contract)('$name', ({ run }) => run(inMemory()));
