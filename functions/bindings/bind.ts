/** Binds a mailbox: to nothing, or to what its entries are pushed to. */

import { type ApiKey, checkScope } from '../../adapters/keys.ts';
import type { Owner } from '../../adapters/webhook-keys.ts';
import type { Binding, BindingRows, OwedPushes } from '../../core/binding.ts';
import type { Directory } from '../../core/directory.ts';
import { InvalidInput, NotFound, RetryableError } from '../../core/errors.ts';
import type { Box, MailboxRows } from '../../core/mailbox.ts';
import type { Context } from '../../core/ports.ts';
import { madeBefore, type Repeatable, rotated, type SigningKey } from '../../core/signing-keys.ts';
import { receiverUrl, type UrlFault } from '../../core/webhook.ts';
import type { putBinding } from '../../wire/bindings.ts';
import { newKey } from '../webhooks/new-key.ts';

export interface Ports {
  rows: BindingRows;
  boxes: Pick<MailboxRows, 'last'>;
  owed: Pick<OwedPushes, 'owe'>;
  context: () => Context;
  people: () => Promise<Directory>;
  seal: (secret: string, owner: Owner) => Promise<string>;
  localReceivers: readonly string[];
  internalTargets: readonly string[];
}

type Wish = ReturnType<typeof putBinding.parse>;

const faults: Record<UrlFault, string> = {
  not_a_url: 'This is no URL.',
  not_https: 'A webhook is reached by https alone.',
  has_credentials: 'The URL of a webhook holds no name and no password.',
  not_public: 'This address is not a public one.',
};

export function binder(ports: Ports) {
  const { rows, boxes, owed, context, people, seal, localReceivers, internalTargets } = ports;

  /** Gives the new secret of a webhook that had none. Throws InvalidInput, PolicyDenied, RetryableError. */
  async function bind(caller: ApiKey, box: Box, wish: Wish, traceId: string): Promise<string | undefined> {
    const before = await rows.binding(box);
    const { way, secret } = await wayOf(caller, box, wish, before);
    if (wish.kind === 'stream' || wish.kind === 'poll') {
      if (before) await rows.unbind(box);
      await put(box, way, undefined);
      return undefined;
    }
    const last = await boxes.last(box);
    if (wish.since !== undefined && wish.since > last)
      throw new InvalidInput('The mailbox has no such number yet.', { field: 'since', last_seq: last });
    if (wish.since !== undefined) await rows.begin(box, wish.since, true);
    else await rows.begin(box, last);
    await put(box, { ...way, from: wish.since ?? last }, before);
    await rows.hurry(box);
    await owed.owe(box, traceId, true);
    return secret;
  }

  /** Throws InvalidInput for where nothing may be sent, PolicyDenied for what takes a scope. */
  async function wayOf(caller: ApiKey, box: Box, wish: Wish, before: Binding | undefined) {
    if (wish.kind === 'stream' || wish.kind === 'poll') return { way: { kind: wish.kind } as const };
    if (wish.kind === 'http') {
      const url = receiverUrl(wish.url, localReceivers);
      if (typeof url === 'string') throw new InvalidInput(faults[url], { field: 'url', reason: url });
      const known = before?.kind === 'http' ? before.keys : undefined;
      const made = known ? undefined : await keyFor(box);
      return {
        way: { kind: 'http', url: url.href, keys: known ?? [made?.key as SigningKey] } as const,
        secret: made?.secret,
      };
    }
    // These act on others than the agent itself.
    checkScope(caller, 'accounts:manage');
    if (wish.kind === 'inbox') {
      const person = (await people()).find(wish.person);
      if (!person) throw new InvalidInput('The directory knows nobody of this id or address.', { field: 'person' });
      return { way: { kind: 'inbox', person: person.id } as const };
    }
    if (!internalTargets.includes(wish.target))
      throw new InvalidInput("The deployment's configuration does not name this under internalTargets.", {
        field: 'target',
      });
    return { way: { kind: 'internal', target: wish.target } as const };
  }

  const keyFor = ({ tenant, address }: Box, asked?: Repeatable) => {
    const { now, newId } = context();
    return newKey({ id: newId(), now, seal: (secret) => seal(secret, { tenant, address }) }, asked);
  };

  async function put(box: Box, way: object, before: Binding | undefined): Promise<void> {
    const { now } = context();
    const { version = 0, createdAt = now } = before ?? {};
    const binding = { ...way, createdAt, updatedAt: now, version: version + 1 } as Binding;
    if (!(await rows.bind(box, binding))) throw new RetryableError('Another binds this mailbox at the same time.');
  }

  /**
   * Gives the new secret; those before are good for a day more. The request again, with its Idempotency-Key, gets the same.
   * Throws NotFound where there is no webhook, Conflict for an Idempotency-Key of something else, RetryableError.
   */
  async function rotate(box: Box, asked?: Repeatable): Promise<string> {
    const before = await webhookOf(box);
    const made = asked && madeBefore(before.keys, asked);
    if (made) return made.secret;
    const { key, secret } = await keyFor(box, asked);
    const { now } = context();
    const keys = rotated(before.keys, key, now);
    if (await rows.bind(box, { ...before, keys, updatedAt: now, version: before.version + 1 })) return secret;
    const meanwhile = asked && madeBefore((await webhookOf(box)).keys, asked);
    if (!meanwhile) throw new RetryableError('Another binds this mailbox at the same time.');
    return meanwhile.secret;
  }

  /** Throws NotFound. */
  async function webhookOf(box: Box) {
    const binding = await rows.binding(box);
    if (binding?.kind !== 'http') throw new NotFound('webhook');
    return binding;
  }

  return { bind, rotate };
}
