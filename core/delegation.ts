/** Types that a deployment does not declare: what an agent asks of another agent, or plainly of a person. */

import * as z from 'zod';
import { defineIntentType, type IntentType } from './intent-type.ts';
import type { Head } from './model.ts';
import { procedureMachine } from './procedure.ts';
import { defaultLevel, type Level, merged, type ServiceLevel } from './service-level.ts';

/** The one state machine of all of them, among those by type. */
export const delegationMachine = 'delegation';

/** AXP's form of a type's name; `task.v1`, without a second part, is in use too. Its length: it stands in every head. */
const typeName = /^(?=.{1,64}$)[a-z0-9_]+(\.[a-z0-9_]+)*\.v[0-9]+$/;

/** The type by its name, as the rules for a person's task read it. undefined where it is no name of a type. */
export function delegated(name: string): IntentType | undefined {
  return typeName.test(name) ? carried(name) : undefined;
}

/** The same for a name that was taken in once, whatever it looks like. */
export function carried(name: string): IntentType {
  return defineIntentType({
    type: name,
    aliases: [],
    title: titleOf(name),
    owner: 'agents',
    shape: 'approval',
    payload: z.record(z.string(), z.json()),
    objective: (payload) => (typeof payload.task === 'string' ? payload.task : 'An agent asks for this.'),
    task: { type: 'approval', role: 'approvers' },
  });
}

/** `intent.ship_parcel.v1` → `Ship parcel`. */
function titleOf(name: string): string {
  const words = name.split('.').slice(0, -1).at(-1)?.replaceAll('_', ' ').trim() ?? '';
  return words === '' ? name : words.charAt(0).toUpperCase() + words.slice(1);
}

/** Whose machine carries an intent: that of its type, or the one of delegation or of procedures. */
export const machineOf = ({
  type,
  delegated: is,
  procedure,
}: Pick<Head, 'type' | 'delegated' | 'procedure'>): string =>
  procedure ? procedureMachine : is ? delegationMachine : type;

const day = 86_400;

/** An agent may be off for a week and more: an open question ends after a month, where the intent names no deadline. */
export const deliveryLevel: Level = merged(defaultLevel, 'intent_type', {
  remind: { afterSeconds: day },
  escalate: [],
  expire: { afterSeconds: 30 * day },
} satisfies ServiceLevel);

/** Where an intent does not say how often it may be given out again after a lease ran out. */
export const defaultDeliveryAttempts = 10;

/** More than these are no attempts any more. */
export const maxDeliveryAttempts = 50;

/**
 * Pauses before it is given out again, seconds, by how often it was given out; the last one for all that follow. Whoever
 * lost a lease once may only have been restarted; whoever does so again and again is left alone for longer.
 */
const pausesSeconds = [1, 5, 30, 120, 600, 3600] as const;

/** Milliseconds until the next time, between half and the whole of its pause; `jitter` from 0 to 1. */
export function pauseMs(attempt: number, jitter: number): number {
  const seconds = pausesSeconds[Math.min(attempt, pausesSeconds.length) - 1] ?? pausesSeconds[0];
  return Math.round(seconds * 1000 * (0.5 + jitter / 2));
}
