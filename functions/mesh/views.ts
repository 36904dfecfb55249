/** Agents of the mesh in AXP's words. */

import type { Account } from '../../adapters/accounts.ts';
import type { Beat, MeshEvent } from '../../adapters/mesh.ts';
import { type Row, stopOf } from '../../adapters/stops.ts';
import type { Cap, OnBreach } from '../../core/budget.ts';
import { type Health, healthOf, healthWords } from '../../core/health.ts';
import { type JsonObject, present } from '../../core/json.ts';
import { usdOf as usd, wordsOf } from '../../wire/mesh.ts';

/** What is known of an agent beside its account. */
export interface Known {
  beat: Beat | undefined;
  /** Rows of the stops that cover it: its own, its tenant's, everything's. */
  rows: (Row | undefined)[];
  intents: number;
  /** Millionths of a USD. */
  cost: number;
}

export const healthIn = ({ beat, rows }: Pick<Known, 'beat' | 'rows'>, now: string): Health =>
  healthOf(
    { lastHeartbeatAt: beat?.at, metrics: beat?.metrics, stopped: rows.some((row) => row?.at !== undefined) },
    now,
  );

export function agentOut(account: Account, known: Known, now: string) {
  const stop = known.rows.flatMap((row) => (row ? (stopOf(row) ?? []) : []))[0];
  return {
    address_id: account.id,
    address: account.agent,
    display_name: account.displayName ?? null,
    health_status: healthIn(known, now),
    last_heartbeat_at: known.beat?.at ?? null,
    created_at: account.createdAt,
    intents_period: known.intents,
    cost_period: usd(known.cost),
    metadata: present({
      name: account.name,
      metrics: known.beat?.metrics,
      stopped: stop && { at: stop.at, by: stop.by, reason: stop.reason },
    }) as JsonObject,
  };
}

export type AgentOut = ReturnType<typeof agentOut>;

export const summaryOf = (agents: readonly AgentOut[]) => ({
  total: agents.length,
  ...(Object.fromEntries(
    healthWords.map((word) => [word, agents.filter(({ health_status }) => health_status === word).length]),
  ) as Record<Health, number>),
});

export const eventOut = ({ id, address, type, details, actor, at }: MeshEvent) => ({
  event_id: id,
  address,
  event_type: type,
  details,
  actor_id: actor,
  created_at: at,
});

/** Caps in the policy's words. */
export const policyOut = ({ id, agent }: Account, caps: readonly Cap[], onBreach: OnBreach) => ({
  address_id: id,
  address: agent,
  ...wordsOf(caps, onBreach),
});

/** What is used up of each cap, by the policy's names; cost in USD. */
export const usedOut = (caps: readonly (Cap & { used: number })[]): Record<string, number> =>
  Object.fromEntries(
    caps.map(({ kind, window, used }) => [`${kind}_per_${window}`, kind === 'cost_usd' ? usd(used) : used]),
  );
