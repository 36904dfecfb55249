/** One intent under watch, and what is known of it: shared by all who drive it. */

import type { Head } from '../../core/model.ts';
import { type Agent, control, head } from '../deployed/world.ts';
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
  intentId: string;
  /** How often a client asked again. */
  repeats: number;
  /** How often the sweep was needed. */
  sweeps: number;
}

export const seenOf = ({ mark }: Case) => control<Seen>('seen', { mark });

export async function headOf({ agent, intentId }: Case): Promise<Head> {
  const found = await head(agent, intentId);
  if (!found) throw new Error(`no intent ${intentId}`);
  return found;
}
