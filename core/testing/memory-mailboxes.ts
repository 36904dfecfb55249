/** Mailboxes in memory with the conditions of those on DynamoDB. For tests only. */

import type { Box, Entry, MailboxRows } from '../mailbox.ts';

export function memoryMailboxes(): MailboxRows & { all(box: Box): Entry[] } {
  const boxes = new Map<string, Entry[]>();
  const of = ({ tenant, address }: Box): Entry[] => {
    const key = `${tenant}#${address}`;
    const found = boxes.get(key) ?? [];
    boxes.set(key, found);
    return found;
  };
  return {
    numberOf: async (box, deliveryId) => of(box).find((entry) => entry.deliveryId === deliveryId)?.seq,
    numbersOf: async (box, idsBegin) =>
      of(box)
        .filter(({ deliveryId }) => deliveryId.startsWith(idsBegin))
        .map(({ deliveryId, seq }) => ({ deliveryId, seq })),
    last: async (box) => of(box).length,
    async add(box, entry) {
      const known = of(box).some(({ deliveryId }) => deliveryId === entry.deliveryId);
      if (known || entry.seq !== of(box).length + 1) return false;
      of(box).push(structuredClone(entry));
      return true;
    },
    after: async (box, since, limit) => structuredClone(of(box).slice(since, since + limit)),
    before: async (box, seq, limit) =>
      structuredClone(
        of(box)
          .slice(0, Math.max(0, seq - 1))
          .toReversed()
          .slice(0, limit),
      ),
    all: (box) => structuredClone(of(box)),
  };
}
