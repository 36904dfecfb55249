/** Reading on from a number, as a stream does: what is new at once, or the next thing that comes while one waits. */

/** Something numbered from 1 without a gap: an intent's events, an agent's mailbox. */
export interface Numbered<Item extends { seq: number }> {
  /** The last number there is; may be a moment behind. */
  last(): Promise<number>;
  /** After a number, in order; sees everything that has happened. */
  after(since: number, limit: number): Promise<Item[]>;
}

export interface Waiting<Item> {
  /** Exclusive; a number that is not there yet means the last one there is. */
  since: number;
  /** Epoch ms: how long to wait where nothing is new. */
  until: number;
  now: () => number;
  /** Until it is worth looking again; false: it is not waited any longer. */
  pause: () => Promise<boolean>;
  /** What the reader wants to see; the rest is passed over. */
  only?: (item: Item) => boolean;
}

/** Items that one answer has at the most. */
export const maxFollowed = 50;

/**
 * What comes after `since`; nothing where nothing came in time. `next` is where to read on from: nothing up to it is kept from
 * the reader. Reconnecting with it, or with the number of the last item, neither loses nor repeats anything.
 */
export async function follow<Item extends { seq: number }>(
  source: Numbered<Item>,
  { since, until, now, pause, only = () => true }: Waiting<Item>,
): Promise<{ items: Item[]; next: number }> {
  // Read whole once: where the last number is behind, what is there already must not seem to be new to come.
  let from = since;
  let found = await source.after(from, maxFollowed);
  if (found.length === 0) from = Math.min(since, await last(source, since));
  for (;;) {
    const wanted = found.filter(only);
    if (found.length > 0) {
      if (wanted.length > 0) return { items: wanted, next: wanted.at(-1)?.seq ?? from };
      from = found.at(-1)?.seq ?? from;
    }
    if (found.length < maxFollowed) {
      do {
        if (now() >= until || !(await pause())) return { items: [], next: from };
      } while ((await source.last()) <= from);
    }
    found = await source.after(from, maxFollowed);
  }
}

/** The last number, found exactly where `since` lies beyond it. */
async function last<Item extends { seq: number }>(source: Numbered<Item>, since: number): Promise<number> {
  for (let known = await source.last(); known < since; ) {
    const more = await source.after(known, maxFollowed);
    if (more.length === 0) return known;
    known = more.at(-1)?.seq ?? known;
  }
  return since;
}
