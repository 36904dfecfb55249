/** How much may be written on one task. */

import { InvalidInput } from '../errors.ts';
import type { Json } from '../json.ts';
import type { Task } from '../model.ts';

/**
 * Bytes of JSON. A task is one item, and so are the event and the outcome that tell what was decided on it; DynamoDB holds 400 KB
 * in one. Up to the first, everything is taken; then only short words, so that those who talk much keep nobody from
 * deciding. What is left is for what the platform adds: who was told, rungs, links, who is asked next.
 */
export const taskRoom = { forAll: 200_000, forShort: 350_000, shortBytes: 1_000 } as const;

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** For a task on which somebody has just written these words, in this field. Throws InvalidInput. */
export function checkRoom(task: Task, words: Json, field: string): void {
  const bytes = bytesOf(task);
  if (bytes <= taskRoom.forAll || (bytes <= taskRoom.forShort && bytesOf(words) <= taskRoom.shortBytes)) return;
  throw new InvalidInput('So much is written on this task already that this does not fit. Say it shorter.', { field });
}
