/** Hands an entry of a mailbox over: signed to a URL, to a queue, function or bus of the account, or as news to a person. */

import type { internalTargets } from '../../adapters/internal-targets.ts';
import type { ArrivedMessage } from '../../adapters/messages.ts';
import type { Webhook } from '../../adapters/webhook.ts';
import type { Owner } from '../../adapters/webhook-keys.ts';
import { type Pushing, webhookIdOf } from '../../core/binding.ts';
import type { Box, Entry } from '../../core/mailbox.ts';
import { goodKeys } from '../../core/signing-keys.ts';
import type { Verdict } from '../../core/webhook.ts';
import { entryOut } from '../streams/frames.ts';

interface Ports {
  now: () => string;
  send: (webhook: Webhook) => Promise<Verdict>;
  open: (sealed: string, owner: Owner) => Promise<string>;
  hand: ReturnType<typeof internalTargets>;
  /** Whether the directory knows the person still. */
  isThere: (personId: string) => Promise<boolean>;
  tell: (message: ArrivedMessage) => Promise<void>;
  /** Told of what AWS refused: it counts as a failed try. */
  failed: (error: Error) => void;
}

/** As Standard Webhooks has it: what happened, when, and the entry as it is in the mailbox. Each try has the same. */
export const bodyOf = (entry: Entry): string => {
  const { at: timestamp, event_type: type, ...data } = entryOut(entry);
  return JSON.stringify({ type, timestamp, data: { event_type: type, ...data, at: timestamp } });
};

export function carrying({ now, send, open, hand, isThere, tell, failed }: Ports) {
  /** Of the account itself: taken, or not. */
  const taken = (work: Promise<unknown>): Promise<Verdict> =>
    work.then(
      (): Verdict => ({ is: 'taken', status: 202 }),
      (error: Error): Verdict => {
        failed(error);
        return { is: 'failed', why: 'not_reached' };
      },
    );

  return async (binding: Pushing, { tenant, address }: Box, entry: Entry): Promise<Verdict> => {
    const id = webhookIdOf(entry);
    if (binding.kind === 'http') {
      const good = goodKeys(binding.keys, now());
      const secrets = await Promise.all(good.map(({ sealed }) => open(sealed, { tenant, address })));
      return send({ url: binding.url, id, body: bodyOf(entry), secrets });
    }
    if (binding.kind === 'internal') {
      const type = entryOut(entry).event_type;
      return taken(hand({ target: binding.target, address, id, type, body: bodyOf(entry) }));
    }
    // Mail would only pass over them: the agent's owner is to hear of it.
    if (!(await isThere(binding.person))) return { is: 'failed', why: 'nobody' };
    const { intentId, type, from, why } = entry;
    const about = { tenant, intentId, address, type, from, why };
    return taken(tell({ v: 1, kind: 'arrived', traceId: id, personId: binding.person, ...about }));
  };
}
