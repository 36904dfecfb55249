/** Binds a mailbox: to nothing, or to what its entries are pushed to. */

import { randomBytes } from 'node:crypto';
import { type ApiKey, checkScope } from '../../adapters/keys.ts';
import type { Owner } from '../../adapters/webhook-keys.ts';
import { type Binding, type BindingRows, type OwedPushes, rotated, type SigningKey } from '../../core/binding.ts';
import type { Directory } from '../../core/directory.ts';
import { InvalidInput, NotFound, RetryableError } from '../../core/errors.ts';
import type { Box, MailboxRows } from '../../core/mailbox.ts';
import type { Context } from '../../core/ports.ts';
import { receiverUrl, secretBytes, secretOf, type UrlFault } from '../../core/webhook.ts';
import type { putBinding } from '../../wire/bindings.ts';

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
      const made = known ? undefined : await newKey(box);
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

  async function newKey({ tenant, address }: Box): Promise<{ key: SigningKey; secret: string }> {
    const secret = secretOf(randomBytes(secretBytes.made));
    const sealed = await seal(secret, { tenant, address });
    return { secret, key: { id: context().newId(), sealed, createdAt: context().now } };
  }

  async function put(box: Box, way: object, before: Binding | undefined): Promise<void> {
    const { now } = context();
    const { version = 0, createdAt = now } = before ?? {};
    const binding = { ...way, createdAt, updatedAt: now, version: version + 1 } as Binding;
    if (!(await rows.bind(box, binding))) throw new RetryableError('Another binds this mailbox at the same time.');
  }

  /** Gives the new secret; the one before is good for a day more. Throws NotFound where there is no webhook. */
  async function rotate(box: Box): Promise<string> {
    const before = await rows.binding(box);
    if (before?.kind !== 'http') throw new NotFound('webhook');
    const { key, secret } = await newKey(box);
    const { now } = context();
    const keys = rotated(before.keys, key, now);
    if (!(await rows.bind(box, { ...before, keys, updatedAt: now, version: before.version + 1 })))
      throw new RetryableError('Another binds this mailbox at the same time.');
    return secret;
  }

  return { bind, rotate };
}
