/** People's digests on the store in memory, with the conditions of `adapters/digests.ts`. For tests only. */

import type { Digests, Listed } from '../ports.ts';
import type { MemoryStore } from './memory-store.ts';

/** How long one message pays alone, milliseconds. */
const claimMs = 4 * 60_000;

export function memoryDigests(store: MemoryStore): Digests {
  const claims = new Map<string, number>();
  const lists = new Map<string, Listed[]>();
  return {
    collect: async ({ body, key, ...ref }, _personId, at) => store.collect(ref, key, at, body.digest),
    due: async (personId, now, limit) => store.collected(personId, Date.parse(now)).slice(0, limit),
    async claim(personId, now) {
      const at = Date.parse(now);
      if ((claims.get(personId) ?? at) > at) return undefined;
      claims.set(personId, at + claimMs);
      return at + claimMs;
    },
    async release(personId, until) {
      if (claims.get(personId) === until) claims.delete(personId);
    },
    keep: async (digestId, tasks) => void lists.set(digestId, structuredClone([...tasks])),
    listed: async (digestId) => structuredClone(lists.get(digestId) ?? []),
  };
}
