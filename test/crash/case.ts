/** One intent under watch, and what is known of it: shared by all who drive it. */

import type { Head } from '../../core/model.ts';
import type { Progress } from '../../core/procedure.ts';
import { type Agent, control, head, rows } from '../deployed/world.ts';
import type { Hooks } from './hooks.ts';
import type { Path } from './paths.ts';
import type { Fault, Seen, WatchOrder } from './watch.ts';

/** The one thing that is broken: nothing while a path is recorded. */
export interface Broken {
  fault?: Fault;
  repeat?: NonNullable<WatchOrder['repeat']>;
}

export interface Case {
  path: Path;
  broken: Broken;
  mark: string;
  agent: Agent;
  /** Whoever an agent's part of it is for. */
  worker: Agent;
  /** Signs what is sent to the hooks. */
  secret: string;
  intentId: string;
  /** How often a client asked again. */
  repeats: number;
  /** How often the sweep was needed. */
  sweeps: number;
}

export const seenOf = ({ mark }: Case) => control<Seen>('seen', { mark });

export const hooksOf = ({ mark }: Pick<Case, 'mark'>) => control<Hooks>('hooks', { mark });

export async function headOf({ agent }: Case, intentId: string): Promise<Head> {
  const found = await head(agent, intentId);
  if (!found) throw new Error(`no intent ${intentId}`);
  return found;
}

export const hasEnded = ({ status }: Head): boolean => /^(COMPLETED|FAILED|TIMED_OUT|CANCELED)$/.test(status);

/** How far a procedure is; nothing of other intents. */
export async function progressOf({ agent, intentId }: Case): Promise<Progress | undefined> {
  const [row] = await rows(agent, intentId, 's#procedure');
  return row && (JSON.parse(row.progress) as Progress);
}

/** The intent, and those that are parts of it and were born. */
export async function familyOf(one: Case): Promise<string[]> {
  const progress = await progressOf(one);
  const parts = [progress?.now?.part, ...Object.values(progress?.done ?? {}).map(({ intentId }) => intentId)];
  const ids = [...new Set(parts.filter((id) => id !== undefined))];
  const there = await Promise.all(ids.map((id) => head(one.agent, id)));
  return [one.intentId, ...ids.filter((_, i) => there[i] !== undefined)];
}
