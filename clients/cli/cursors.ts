/** Up to which number `holdpoint listen` has forwarded each agent's deliveries. */

import { homedir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { readPrivate, writePrivate } from './private-file.ts';

interface Place {
  url: string;
  agent: string;
}

const cursors = z.record(z.string(), z.int().min(0));
const path = (): string =>
  join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'holdpoint', 'cursors.json');
const keyOf = ({ url, agent }: Place): string => `${url} ${agent.replace(/^agent:\/\//, '')}`;

export const cursorAt = (place: Place): number => readPrivate(path(), cursors)?.[keyOf(place)] ?? 0;

export function keepCursor(place: Place, seq: number): void {
  const kept = readPrivate(path(), cursors) ?? {};
  writePrivate(path(), `${JSON.stringify({ ...kept, [keyOf(place)]: seq }, null, 2)}\n`);
}
