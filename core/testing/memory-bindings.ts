/** Bindings and what is owed to them in memory, with the conditions of those on DynamoDB. For tests only. */

import type { Binding, BindingRows, DeadLetter, OwedPushes, Pushed } from '../binding.ts';
import { RetryableError } from '../errors.ts';
import type { Box } from '../mailbox.ts';

interface Rows {
  binding?: Binding;
  pushed?: Pushed;
  taken?: { by: string; until: number };
  dead: Map<number, DeadLetter>;
  redo: Map<number, string>;
}

export function memoryBindings(): BindingRows {
  const boxes = new Map<string, Rows>();
  const of = ({ tenant, address }: Box): Rows => {
    const key = `${tenant}#${address}`;
    const found = boxes.get(key) ?? { dead: new Map(), redo: new Map() };
    boxes.set(key, found);
    return found;
  };
  return {
    binding: async (box) => structuredClone(of(box).binding),
    async bind(box, binding) {
      if ((of(box).binding?.version ?? 0) !== binding.version - 1) return false;
      of(box).binding = structuredClone(binding);
      return true;
    },
    async unbind(box) {
      const rows = of(box);
      delete rows.binding;
      delete rows.pushed;
      delete rows.taken;
    },
    pushed: async (box) => structuredClone(of(box).pushed),
    async begin(box, seq, anew = false) {
      const rows = of(box);
      if (anew) delete rows.taken;
      if (anew || !rows.pushed) rows.pushed = { seq };
    },
    async hurry(box) {
      const { item, attempt, nextAt, ...rest } = of(box).pushed ?? { seq: 0 };
      if (of(box).pushed) of(box).pushed = rest;
    },
    async take(box, owner, now, until) {
      const rows = of(box);
      const free = rows.taken === undefined || rows.taken.by === owner || rows.taken.until < now;
      if (!rows.pushed || !free) return undefined;
      rows.taken = { by: owner, until };
      return structuredClone(rows.pushed);
    },
    async note(box, owner, pushed, free = false) {
      const rows = of(box);
      if (rows.taken?.by !== owner) throw new RetryableError('Another pushes this mailbox by now.');
      rows.pushed = structuredClone(pushed);
      if (free) delete rows.taken;
    },
    async free(box, owner) {
      const rows = of(box);
      if (rows.taken?.by === owner) delete rows.taken;
    },
    async bury(box, dead) {
      of(box).dead.set(dead.seq, structuredClone(dead));
    },
    dead: async (box, after, limit) =>
      [...of(box).dead.values()]
        .filter(({ seq }) => seq > after)
        .sort((a, b) => a.seq - b.seq)
        .slice(0, limit),
    isDead: async (box, seq) => of(box).dead.has(seq),
    async unbury(box, seq) {
      of(box).dead.delete(seq);
    },
    async redo(box, seq, at) {
      of(box).redo.set(seq, at);
    },
    async nextRedo(box) {
      const [first] = [...of(box).redo].sort(([a], [b]) => a - b);
      return first && { seq: first[0], at: first[1] };
    },
    async redone(box, seq) {
      of(box).redo.delete(seq);
    },
  };
}

/** `due`: when each mailbox's row is due, by address; one that is owed at once at 0. */
export function memoryOwedPushes(): OwedPushes & { due: Map<string, number> } {
  const news = new Map<string, string>();
  const due = new Map<string, number>();
  let count = 0;
  return {
    due,
    async owe({ address }, _traceId, anew = false) {
      count += 1;
      news.set(address, String(count));
      if (anew || !due.has(address)) due.set(address, 0);
    },
    news: async ({ address }) => news.get(address),
    async postpone({ address }, at) {
      if (news.has(address)) due.set(address, at);
    },
    async settle({ address }, given) {
      if (news.get(address) !== given) return false;
      news.delete(address);
      due.delete(address);
      return true;
    },
  };
}
