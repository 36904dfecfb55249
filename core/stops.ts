/** The kill switch: what can be stopped, and which row a check reads. */

import { sha256 } from './hash.ts';
import type { Box } from './mailbox.ts';

export type StopTarget =
  | { kind: 'everything' }
  | { kind: 'tenant'; id: string }
  | { kind: 'type'; id: string }
  | { kind: 'agent'; id: string }
  | { kind: 'tool'; id: string };

/** A stop is written as this many equal rows, so that checks of many intents don't meet on one item. */
export const stopShards = 16;

/** Key of a target's rows; the tenant is part of it for what belongs to a tenant. */
export const stopKey = (target: StopTarget): string =>
  target.kind === 'everything' ? 'stop#everything' : `stop#${target.kind}#${target.id}`;

/** Which of the rows a check of this intent or effect reads. */
export const stopShard = (id: string): string => `shard#${Number.parseInt(sha256(id).slice(0, 4), 16) % stopShards}`;

/** Every stop that would hold this intent back; agents are addresses, which contain their tenant. */
export const stopsFor = (
  head: { tenant: string; type: string; from: string },
  { tool, agents = [] }: { tool?: string; agents?: readonly string[] } = {},
): StopTarget[] => [
  { kind: 'everything' },
  { kind: 'tenant', id: head.tenant },
  { kind: 'type', id: head.type },
  { kind: 'agent', id: head.from },
  ...othersThan(head, agents).map((id) => ({ kind: 'agent', id }) as const),
  ...(tool ? [{ kind: 'tool', id: tool } as const] : []),
];

/** What a stop holds back is looked at again after this long, milliseconds; with the sweep's own minute, within two. */
export const stoppedPauseMs = 60_000;

/** Every stop that holds back the pushing of a mailbox, whatever lies in it: one on who sent an entry, or on its type, does not. */
export const stopsForBox = ({ tenant, address }: Box): StopTarget[] => [
  { kind: 'everything' },
  { kind: 'tenant', id: tenant },
  ...othersThan({ tenant, from: '' }, [address]).map((id) => ({ kind: 'agent', id }) as const),
];

/** An address of another tenant names a mailbox, and nobody whom a stop is meant for. */
const othersThan = ({ tenant, from }: { tenant: string; from: string }, agents: readonly string[]): string[] => [
  ...new Set(agents.filter((address) => address !== from && address.startsWith(`agent://${tenant}/`))),
];
