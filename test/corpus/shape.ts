/** The shapes of a scene: names and types of all that a function is given and finds stored, without values. */

import type { Scene } from './house.ts';
import type { Content } from './tables.ts';

/** `input.rung number`, one line for each path; what stands in a list has no number. */
function paths(value: unknown, at: string): string[] {
  if (Array.isArray(value)) return [`${at} list`, ...value.flatMap((one) => paths(one, `${at}[]`))];
  if (value === null || typeof value !== 'object') return [`${at} ${value === null ? 'null' : typeof value}`];
  return [`${at} map`, ...Object.entries(value).flatMap(([key, one]) => paths(one, `${at}.${key}`))];
}

/** `s#task#<id>` → `s#task`; keys of links and effects hold hashes and ids. */
const kindOf = (table: string, sk: unknown): string =>
  table === 'Effects' ? 'effect' : (/^(s#(?:task|note)|outbox#[a-z]+)/.exec(String(sk))?.[1] ?? String(sk));

/** A queue's message is text: what matters stands in it. */
const opened = (event: unknown): unknown => {
  const { Records: [record] = [] } = event as { Records?: { body?: string }[] };
  return record?.body ? JSON.parse(record.body) : event;
};

/** What a function is called with: its name, and which step, mode or kind of message it is. */
function entryOf({ to, event }: Scene): string {
  const given = opened(event) as { step?: string; mode?: string; kind?: string };
  return [to, given.step ?? given.mode ?? given.kind].filter(Boolean).join(' ');
}

export const storedShapes = (items: Content): string[] =>
  Object.entries(items).flatMap(([table, stored]) =>
    stored.flatMap((item) => paths(item, `stored ${kindOf(table, item.sk)}`)),
  );

export const shapesOf = (scene: Scene): string[] => [
  ...paths(opened(scene.event), entryOf(scene)),
  ...storedShapes(scene.items),
];
