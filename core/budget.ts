/**
 * Budgets: what an agent, or a whole tenant, may use up in an hour or a day. A cap is split into sub-caps, one for each shard
 * of its counter, so that those who reserve at once seldom meet on one row; the sum of the sub-caps is the cap, so that no
 * order in which they commit goes over it. Each change of the caps is an epoch with counters of its own: those of earlier
 * ones stand still, since a reservation holds only in the epoch that it was made in, and count against the cap.
 */

import { sha256 } from './hash.ts';
import type { JsonObject } from './json.ts';
import type { StopTarget } from './stops.ts';

/** A counter is this many rows. */
export const budgetShards = 16;

/** Intents submitted, calls of tools with effects, cost in millionths of a USD, and money moved by tools, in minor units of a currency. */
export type SpendKind = 'intents' | 'tool_calls' | 'cost_usd' | `money_${string}`;
export type WindowName = 'hour' | 'day';

export interface Cap {
  kind: SpendKind;
  window: WindowName;
  /** The most, in the kind's unit; whole. */
  most: number;
}

/** `block`: what would go over is refused. `alert`: it is let through, and only listed. */
export const breachActions = ['block', 'alert'] as const;
export type OnBreach = (typeof breachActions)[number];

/** What caps whoever a stop can be set on: they stand in the stop's rows, so that a commit that checks these sees both. */
export interface Metered {
  target: Extract<StopTarget, { kind: 'agent' | 'tenant' }>;
  caps: Cap[];
  onBreach: OnBreach;
  epoch: number;
}

/** What a commit uses up. An amount of 0 uses nothing, and is refused where the cap is used up. */
export type Spends = Partial<Record<SpendKind, number>>;

/** A counter's row, and what is reserved in it. */
export interface Reserved {
  /** Whose: `agent#<address>` or `tenant`. */
  scope: string;
  cell: string;
  amount: number;
  /** Epoch ms: the end of its window. */
  until: number;
}

export interface Part extends Reserved {
  /** Reserved only while the row holds no more than this; absent: in any case. */
  room?: number;
}

/** What is over, and when the next window begins. */
export interface Breach {
  scope: string;
  kind: SpendKind;
  window: WindowName;
  most: number;
  retryAfterSeconds: number;
}

/** Counters of a scope: by row. */
export type Cells = ReadonlyMap<string, number>;

const lengthMs: Record<WindowName, number> = { hour: 3_600_000, day: 86_400_000 };

/** The window that a time is in: how its rows begin, and its end (epoch ms). Hours and days are UTC's. */
export function windowAt(window: WindowName, now: string): { key: string; until: number } {
  const start = Math.floor(Date.parse(now) / lengthMs[window]) * lengthMs[window];
  const name = new Date(start).toISOString().slice(0, window === 'hour' ? 13 : 10);
  return { key: `${window}#${name}`, until: start + lengthMs[window] };
}

export const scopeOf = ({ target }: Pick<Metered, 'target'>): string =>
  target.kind === 'tenant' ? 'tenant' : `agent#${target.id}`;

const cellsOf = (window: string, kind: SpendKind, epoch: number | 'reported'): string => `${window}#${kind}#${epoch}#`;

/** What an agent reports after the fact is counted beside what is reserved, in one of as many rows. */
export const reportedCell = (address: string, now: string): { cell: string; until: number } => {
  const { key, until } = windowAt('day', now);
  return { cell: cellsOf(key, 'cost_usd', 'reported') + shardOf(address), until };
};

const shardOf = (seed: string): number => Number.parseInt(sha256(seed).slice(0, 4), 16) % budgetShards;

/** The part of a cap that a shard may fill. */
export const subCap = (most: number, shard: number): number =>
  Math.floor(most / budgetShards) + (shard < most % budgetShards ? 1 : 0);

/**
 * The rows to reserve in, or what would be over. `seed` says where to begin; `cells`, by scope, may be old: what is wished for
 * holds only under the conditions of its parts.
 */
export function reserve(
  metered: readonly Metered[],
  cells: ReadonlyMap<string, Cells>,
  spends: Spends,
  seed: string,
  now: string,
): { parts: Part[]; alerts: Breach[] } | { breach: Breach } {
  const parts: Part[] = [];
  const alerts: Breach[] = [];
  for (const one of metered)
    for (const cap of one.caps) {
      const amount = spends[cap.kind];
      if (amount === undefined) continue;
      const scope = scopeOf(one);
      const window = windowAt(cap.window, now);
      const found = partsOf(cap, one.epoch, cells.get(scope) ?? new Map(), window, amount, shardOf(seed));
      if (found) {
        parts.push(...found.map((part) => ({ ...part, scope })));
        continue;
      }
      const retryAfterSeconds = Math.max(1, Math.ceil((window.until - Date.parse(now)) / 1000));
      const breach = { scope, kind: cap.kind, window: cap.window, most: cap.most, retryAfterSeconds };
      if (one.onBreach === 'block') return { breach };
      alerts.push(breach);
      const cell = cellsOf(window.key, cap.kind, one.epoch) + shardOf(seed);
      if (amount > 0) parts.push({ scope, cell, amount, until: window.until });
    }
  return { parts, alerts };
}

function partsOf(
  { kind, most }: Cap,
  epoch: number,
  cells: Cells,
  window: { key: string; until: number },
  amount: number,
  first: number,
): Omit<Part, 'scope'>[] | undefined {
  const own = cellsOf(window.key, kind, epoch);
  const used = Array.from({ length: budgetShards }, (_, shard) => cells.get(own + shard) ?? 0);
  const all = sum([...cells].filter(([cell]) => cell.startsWith(`${window.key}#${kind}#`)).map(([, n]) => n));
  if (amount === 0) return all >= most ? undefined : [];
  if (all + amount > most) return undefined;
  const left = most - (all - sum(used));
  const rooms = used.map((n, shard) => Math.max(0, subCap(left, shard) - n));
  const order = rooms.map((_, i) => (first + i) % budgetShards);
  // In one row where one has room for all of it.
  const whole = order.find((shard) => (rooms[shard] as number) >= amount);
  let open = amount;
  const parts = (whole === undefined ? order : [whole]).flatMap((shard) => {
    const taken = Math.min(open, rooms[shard] as number);
    if (taken === 0) return [];
    open -= taken;
    return [{ cell: own + shard, amount: taken, until: window.until, room: subCap(left, shard) - taken }];
  });
  return open === 0 ? parts : undefined;
}

/** What is given back of a reservation: nothing of a window that is over, which nobody reserves in any more. */
export const returned = (reserved: readonly Reserved[] | undefined, now: string): Reserved[] =>
  (reserved ?? []).filter(({ until }) => until > Date.parse(now));

/** How much of each cap is used up, by the present time's windows. */
export function standing(one: Metered, cells: Cells, now: string): (Cap & { used: number })[] {
  return one.caps.map((cap) => {
    const prefix = `${windowAt(cap.window, now).key}#${cap.kind}#`;
    return { ...cap, used: sum([...cells].filter(([cell]) => cell.startsWith(prefix)).map(([, n]) => n)) };
  });
}

/** Whose budgets an intent uses: its sender's, and the tenant's. Both are among the stops that it heeds. */
export const meterable = ({ tenant, from }: { tenant: string; from: string }): Metered['target'][] => [
  { kind: 'tenant', id: tenant },
  { kind: 'agent', id: from },
];

/** A stop's row as it is stored, if it holds caps. */
export function meteredOf(target: Metered['target'], row: Record<string, unknown> | undefined): Metered | undefined {
  if (row?.epoch === undefined) return undefined;
  return { target, caps: row.caps as Cap[], onBreach: row.onBreach as OnBreach, epoch: row.epoch as number };
}

export const breachDetails = ({ scope, kind, window, most, retryAfterSeconds }: Breach): JsonObject => ({
  scope: scope.split('#')[0] as string,
  kind,
  window,
  cap: most,
  retry_after_seconds: retryAfterSeconds,
});

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);
