/** Mails a one-time code, alone: no link stands beside it, so that neither message is enough. By mail, whatever else its person is told by. */

import type { Codes } from '../../adapters/codes.ts';
import type { CodeMessage } from '../../adapters/messages.ts';
import { type Code, digitsOf } from '../../core/code.ts';
import type { Directory, Person } from '../../core/directory.ts';
import type { Context } from '../../core/ports.ts';
import { time, zoneOf } from '../../pages/time.ts';
import type { Message } from './message.ts';

interface Ports {
  codes: Pick<Codes, 'find' | 'mailed'>;
  context: () => Context;
  people: () => Promise<Directory>;
  /** The same MAC each time, base64url. */
  secretOf: (id: string) => Promise<string>;
  /** By mail. */
  send: (to: Person, message: Message) => Promise<unknown>;
}

/** A message that comes again mails the same digits again; one that was replaced, used or is over mails nothing. */
export const mailCode =
  ({ codes, context, people, secretOf, send }: Ports) =>
  async ({ purpose, codeId }: CodeMessage): Promise<void> => {
    // Ids of links never hold a colon: no code is the beginning of a link's secret.
    const [code, directory, secret] = await Promise.all([codes.find(purpose), people(), secretOf(`code:${codeId}`)]);
    const to = code?.personId === undefined ? undefined : directory.find(code.personId);
    if (!code || !to) return;
    const digits = digitsOf(Buffer.from(secret, 'base64url'));
    if (await codes.mailed(purpose, codeId, digits, to.mail, context().now))
      await send(to, codeMail(code, digits, zoneOf(to)));
  };

const closing =
  'Enter it only on the page where you asked for it. Nobody asks you for it by mail, phone or chat. ' +
  'If you did not ask for it, somebody else did: without it they can do nothing. Tell whoever runs your Holdpoint.';

const codeMail = ({ about, expiresAt }: Code, digits: string, zone: string): Message => ({
  subject: 'Your code',
  lead: `Your code: ${digits}`,
  facts: [
    ['For', about],
    ['Good until', `${time(expiresAt, zone)}, once`],
  ],
  closing,
});
