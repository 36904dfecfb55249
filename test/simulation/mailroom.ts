/** Agents' mailboxes, and who puts into them: the deliver function, and the API for answers. */

import type { OutboxMessage } from '../../adapters/messages.ts';
import { type Box, type Entry, type MailboxRows, type NewEntry, putInto } from '../../core/mailbox.ts';
import type { Head } from '../../core/model.ts';
import { stopsFor } from '../../core/stops.ts';
import { memoryMailboxes } from '../../core/testing/memory-mailboxes.ts';
import { type Ports, payDelivery } from '../../functions/deliver/pay.ts';
import { moments } from './moments.ts';
import type { Process } from './process.ts';
import type { Sim } from './sim.ts';

type Given = Pick<Ports, 'store' | 'context' | 'bindings' | 'pushes'>;

export class Mailroom {
  readonly #memory = memoryMailboxes();
  readonly #sim: Sim;
  readonly #isStopped: (targets: ReturnType<typeof stopsFor>) => boolean;

  constructor(sim: Sim, isStopped: (targets: ReturnType<typeof stopsFor>) => boolean) {
    this.#sim = sim;
    this.#isStopped = isStopped;
  }

  all = (box: Box): Entry[] => this.#memory.all(box);

  holds = (tenant: string, address: string, deliveryId: string): boolean =>
    this.all({ tenant, address }).some((entry) => entry.deliveryId === deliveryId);

  /** Every call is a moment; a put may meet itself, as any commit. */
  rowsOf(process: Process): MailboxRows {
    const memory: MailboxRows = {
      ...this.#memory,
      add: async (box, entry) => (await this.#memory.add(box, entry)) && !this.#sim.faults.happens('commitMeetsItself'),
    };
    return moments(this.#sim, process, memory, 'mailbox');
  }

  /** What works off the deliver queue. */
  payOf = (process: Process, given: Given): ((message: OutboxMessage) => Promise<void>) =>
    payDelivery({
      ...given,
      rows: this.rowsOf(process),
      pause: async () => {},
      stopped: (head: Head, to: string) =>
        this.#sim.call(process, {
          what: 'check stops',
          act: () => this.#isStopped(stopsFor(head, { agents: [to] })),
        }),
    });

  /** As the API does: at once, and where it fails, `deliver` does it. */
  answeredOf = (process: Process) => async (tenant: string, entry: NewEntry) => {
    await putInto(this.rowsOf(process), { tenant, address: entry.to }, entry).catch(() => undefined);
  };
}
