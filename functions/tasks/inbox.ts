/** Agents' inboxes: threads, what changed of them, and what an agent does with one. People's inbox is functions/inbox. */

import type { ApiKey } from '../../adapters/keys.ts';
import { context } from '../../adapters/lambda/context.ts';
import {
  bodyAs,
  type HttpEvent,
  type HttpResult,
  headerOf,
  json,
  jsonOf,
  queryAs,
} from '../../adapters/lambda/http.ts';
import { ownerIn } from '../../adapters/lambda/owner.ts';
import { type Change, type Done, perform } from '../../core/commit.ts';
import { NotFound, PolicyDenied } from '../../core/errors.ts';
import type { Entry } from '../../core/mailbox.ts';
import type { IntentRef, IntentState } from '../../core/model.ts';
import type { Context } from '../../core/ports.ts';
import { handOn, hide, type Owner, reply, type Told } from '../../core/rules/thread.ts';
import { ownersOf } from '../../core/thread.ts';
import { wholeAddress } from '../../wire/addresses.ts';
import {
  changesCursorOf,
  changesQuery,
  delegateThread,
  deleteMessages,
  inboxQuery,
  replyThread,
  threadQuery,
} from '../../wire/inbox.ts';
import { intentId } from '../../wire/intents.ts';
import { bodyHashOf, idempotency, once } from '../api/idempotency.ts';
import { boxes, catchUp, tellNow } from './mailbox.ts';
import { agentOf, store } from './ports.ts';
import { lineId, maxLines, threadOut } from './thread.ts';

interface Caller {
  event: HttpEvent;
  key: ApiKey;
  /** Whose inbox it is. */
  owner: string;
}

/** A door for agents, to one inbox: the key's own, unless one key plays all parts. Throws PolicyDenied. */
const forOwners =
  (answer: (caller: Caller) => Promise<HttpResult>) =>
  async (event: HttpEvent): Promise<HttpResult> => {
    const key = await agentOf(event);
    const owner = ownerIn(event, key.tenant) ?? key.agent;
    if (owner !== key.agent && !key.ownToo)
      throw new PolicyDenied("Only an agent's own key opens its inbox.", { reason: 'not_yours' });
    return answer({ event, key, owner });
  };

/** A page stays under what a function may answer, 6 MB. */
const maxPageBytes = 2_000_000;
/** Threads that are read at the same time. */
const atOnce = 10;
/** Entries that are read for a list at the most: many may be of one thread. */
const maxEntries = 1000;

async function threadOf(ref: IntentRef, owner: string) {
  const [state, events] = await Promise.all([store.load(ref, { request: true }), store.events(ref, 0, maxLines)]);
  if (!state || !ownersOf(state).includes(owner)) return undefined;
  return threadOut(state, events, owner);
}

/** Threads by their ids, in that order, while they fit a page; those that are gone are left out. */
async function threadsOf({ key: { tenant }, owner }: Caller, ids: readonly string[]) {
  const threads = new Map<string, NonNullable<Awaited<ReturnType<typeof threadOf>>>>();
  let bytes = 0;
  for (let i = 0; i < ids.length && bytes < maxPageBytes; i += atOnce) {
    const some = ids.slice(i, i + atOnce);
    const found = await Promise.all(some.map((id) => threadOf({ tenant, intentId: id }, owner)));
    for (const one of found) {
      if (!one || bytes >= maxPageBytes) continue;
      threads.set(one.thread_id, one);
      bytes += JSON.stringify(one).length;
    }
  }
  return { threads, whole: bytes < maxPageBytes };
}

/** The newest first, each once, by its newest entry. */
export const listThreads = forOwners(async (caller) => {
  const { limit } = queryAs(inboxQuery, caller.event);
  const box = { tenant: caller.key.tenant, address: caller.owner };
  await catchUp(box);
  const ids = new Set<string>();
  let before = Number.MAX_SAFE_INTEGER;
  for (let read = 0; read < maxEntries && ids.size < limit; ) {
    const entries = await boxes.before(box, Math.min(before, (await boxes.last(box)) + 1), 100);
    for (const { intentId: id } of entries) if (ids.size < limit) ids.add(id);
    if (entries.length < 100) break;
    before = entries.at(-1)?.seq ?? 0;
    read += entries.length;
  }
  const { threads } = await threadsOf(caller, [...ids]);
  return json(200, { ok: true, threads: [...threads.values()] });
});

/** Oldest first, after a cursor. What was put in is never put in between: nobody who follows the cursor misses anything. */
export const listChanges = forOwners(async (caller) => {
  const { cursor = 0, limit } = queryAs(changesQuery, caller.event);
  const box = { tenant: caller.key.tenant, address: caller.owner };
  await catchUp(box);
  const entries = await boxes.after(box, cursor, limit + 1);
  const page = entries.slice(0, limit);
  const { threads, whole } = await threadsOf(caller, [...new Set(page.map(({ intentId: id }) => id))]);
  const fits = whole ? page : page.slice(0, firstMissing(page, threads));
  const last = fits.at(-1)?.seq ?? Math.min(cursor, await boxes.last(box));
  return json(200, {
    ok: true,
    changes: fits.flatMap(({ seq, intentId: id }) => {
      const thread = threads.get(id);
      return thread ? [{ cursor: changesCursorOf(seq), thread }] : [];
    }),
    next_cursor: last === 0 ? null : changesCursorOf(last),
    has_more: fits.length < page.length || entries.length > page.length,
  });
});

/** Of a page that was cut: where it was; at least one is in it. */
function firstMissing(page: readonly Entry[], threads: ReadonlyMap<string, unknown>): number {
  const at = page.findIndex(({ intentId: id }) => !threads.has(id));
  return at === -1 ? page.length : Math.max(1, at);
}

/** Throws NotFound for what no thread can be. */
function refOf({ event, key }: Caller): IntentRef {
  const id = intentId.safeParse(event.pathParameters?.id);
  if (!id.success) throw new NotFound('thread');
  return { tenant: key.tenant, intentId: id.data };
}

async function shown(caller: Caller): Promise<NonNullable<Awaited<ReturnType<typeof threadOf>>>> {
  const thread = await threadOf(refOf(caller), caller.owner);
  if (!thread) throw new NotFound('thread');
  return thread;
}

export const showThread = forOwners(async (caller) => {
  queryAs(threadQuery, caller.event);
  return json(200, { ok: true, thread: await shown(caller) });
});

/**
 * One change of a thread by its owner, and what is shown of it then. Whoever is told of it finds it in their mailbox at once.
 */
async function act<R extends Told>(
  caller: Caller,
  what: string,
  rule: (state: IntentState | undefined, by: Owner, now: Context) => Change<R> | Done<R>,
  show: (done: R) => Promise<object> = async () => ({ thread: await shown(caller) }),
) {
  const { event, key, owner } = caller;
  queryAs(threadQuery, event);
  const ref = refOf(caller);
  const endpoint = `POST /v1/inbox/${ref.intentId}/${what} ${owner}`;
  const known = idempotency(headerOf(event, 'idempotency-key'), key, endpoint, bodyHashOf(jsonOf(event)));
  const by: Owner = { agent: owner, requestId: known.idempotency?.key ?? context().newId(), ...known };
  const answer = await once(
    store,
    key,
    known,
    () => perform(store, ref, { request: true }, context, (state, now) => rule(state, by, now)),
    async (done) => {
      await tellNow(ref, done.told);
      return show(done);
    },
  );
  return json(200, { ok: true, ...answer });
}

export const replyTo = forOwners(async (caller) => {
  const { message } = bodyAs(replyThread, caller.event);
  return act(caller, 'reply', (state, by, now) => reply(state, by, message, now));
});

export const delegate = forOwners(async (caller) => {
  const { delegate_to, note } = bodyAs(delegateThread, caller.event);
  const to = wholeAddress(delegate_to, caller.key.tenant, 'delegate_to');
  return act(caller, 'delegate', (state, by, now) => handOn(state, by, { to, note }, now));
});

export const deleteLines = forOwners(async (caller) => {
  const { mode, limit, message_ids: wanted } = bodyAs(deleteMessages, caller.event);
  const ref = refOf(caller);
  // Chosen of what the owner sees now; the rule leaves out what is gone meanwhile.
  const events = await store.events(ref, 0, maxLines);
  const lines = events.map(({ seq }) => ({ seq, id: lineId(ref.intentId, seq) }));
  const seen = new Set((await shown(caller)).timeline.map(({ event_id }) => event_id));
  const newest = lines.filter(({ id, seq }) => seq > 1 && seen.has(id)).slice(-(limit ?? 100));
  const seqs = (wanted ? lines.filter(({ id }) => wanted.includes(id)) : newest).map(({ seq }) => seq);
  return act(
    caller,
    'delete',
    (state, by, now) => hide(state, by, { mode, seqs }, now),
    async ({ hidden }) => ({
      mode,
      deleted_count: hidden.length,
      message_ids: hidden.map((seq) => lineId(ref.intentId, seq)),
      thread: await shown(caller),
    }),
  );
});
