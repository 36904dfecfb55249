import { describe, expect, it } from 'vitest';
import type { ArrivedMessage } from '../../adapters/messages.ts';
import { mailMessage } from '../../adapters/messages.ts';
import type { Person } from '../../core/directory.ts';
import { arrivedMessage, tellArrived } from '../../functions/mail/arrived.ts';
import { AddressRefused } from '../../functions/mail/channels/notify.ts';
import type { Message } from '../../functions/mail/message.ts';
import { directory } from '../core/builders.ts';

const message: ArrivedMessage = {
  v: 1,
  kind: 'arrived',
  personId: 'ada',
  tenant: 'acme/shop',
  intentId: '01a200a8-09fc-72e3-aa26-2587e329c757',
  address: 'agent://acme/shop/packer',
  type: 'parcels.pack.v1',
  from: 'agent://acme/shop/clerk',
  why: 'assigned',
  traceId: 'x_d1',
};

describe('news of what arrived for an agent', () => {
  it('says for whom, from whom and what, with no link and nothing that a mail program makes one of', () => {
    const said = arrivedMessage(message);
    expect(said.subject).toBe('For packer: parcels[.]pack.v1');
    expect(Object.fromEntries(said.facts)).toMatchObject({ Intent: message.intentId });
    expect(said).not.toHaveProperty('link');
    expect(JSON.stringify(said)).not.toMatch(/https?:\/\//);
  });

  it('goes to the person; to nobody who has left, and not again where the provider refuses their address', async () => {
    const told: [Person, Message][] = [];
    const tell = async (to: Person, words: Message) => {
      told.push([to, words]);
      return { messageId: 'm' };
    };
    const people = async () => directory;
    await tellArrived({ people, tell })(mailMessage.parse(message) as ArrivedMessage);
    await tellArrived({ people, tell })({ ...message, personId: 'nobody' });
    expect(told.map(([{ id }]) => id)).toEqual(['ada']);
    const refusing = (error: Error) => tellArrived({ people, tell: async () => Promise.reject(error) })(message);
    await refusing(new AddressRefused('suppressed'));
    await expect(refusing(new Error('throttled'))).rejects.toThrow('throttled');
  });
});
