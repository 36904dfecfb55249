/** Tells a person that something came for an agent whose mailbox is bound to them. */

import type { ArrivedMessage } from '../../adapters/messages.ts';
import type { DeliveryReason } from '../../core/mailbox.ts';
import { AddressRefused } from './channels/notify.ts';
import { cut, type Message, oneLine, unlinked } from './message.ts';
import type { Ports } from './pay.ts';

const words: Record<DeliveryReason, string> = {
  assigned: 'An agent asks this one for something.',
  reminder: 'What an agent asks this one for still waits.',
  escalated: 'What an agent asked another for has come to this one.',
  delegated: 'Another agent hands this one what it was asked for.',
  lease_over: 'Whoever worked on this has not finished it: it is given out again.',
  released: 'Whoever worked on this gave it back: it is given out again.',
  completed: 'What this agent asked for has ended.',
  thread: 'Something is new of what this agent takes part in.',
};

/** An agent's address as people read it: its name. */
const nameIn = (address: string): string => address.slice(address.lastIndexOf('/') + 1);

/** No link: what arrived is read by the agent's key. */
export function arrivedMessage({ address, intentId, type, from, why }: ArrivedMessage): Message {
  const facts: [string, string][] = [
    ['For', address],
    ['From', from],
    ['Type', type],
    ['Intent', intentId],
  ];
  const plain = (text: string) => unlinked(oneLine(text));
  return {
    subject: `For ${cut(plain(nameIn(address)))}: ${cut(plain(type))}`,
    lead: words[why],
    facts: facts.map(([label, value]) => [label, plain(value)]),
    closing: "You are told because this agent's mailbox is bound to you. It is read with the agent's key.",
  };
}

/** Nobody is told who has left the directory since it was pushed, or whose address the provider refuses; it is in the mailbox all the same. */
export function tellArrived({ people, tell }: Pick<Ports, 'people' | 'tell'>) {
  return async (message: ArrivedMessage): Promise<void> => {
    const to = (await people()).find(message.personId);
    if (!to) return;
    await tell(to, arrivedMessage(message)).catch((error: unknown) => {
      if (!(error instanceof AddressRefused)) throw error;
    });
  };
}
