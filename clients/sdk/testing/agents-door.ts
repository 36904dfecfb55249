/** What agents ask: the use cases of the deployment's functions, over the store in memory. */

import { NotFound, PolicyDenied } from '../../../core/errors.ts';
import { follow } from '../../../core/follow.ts';
import { type Box, type NewEntry, putInto } from '../../../core/mailbox.ts';
import type { IntentRef, IntentState } from '../../../core/model.ts';
import { answerByResume, claim, release, resolve } from '../../../functions/api/answer.ts';
import { fencingName } from '../../../functions/api/fencing.ts';
import { leftWith } from '../../../functions/api/left.ts';
import { resume } from '../../../functions/api/resume.ts';
import { admit } from '../../../functions/api/submit.ts';
import { eventOut, intentOut } from '../../../functions/api/views.ts';
import { wantedIn } from '../../../functions/api/wanted.ts';
import { apply, validate } from '../../../functions/scenarios/apply.ts';
import { entryFrame, entryOut, eventFrame, isWanted } from '../../../functions/streams/frames.ts';
import { decideByResume, isTaskResult } from '../../../functions/tasks/resume.ts';
import { knownAddress } from '../../../wire/addresses.ts';
import { cursorOf, eventsQuery, intentId, intentsQuery } from '../../../wire/intents.ts';
import { agentStreamQuery, eventStreamQuery, mailboxQuery, timeoutFrame } from '../../../wire/streams.ts';
import type { House } from './house.ts';
import type { Keys } from './keys.ts';
import { type Answered, type Asked, as } from './request.ts';

/** By the names of the operations in `wire/routes.ts`. */
export type Doors = Readonly<Record<string, (asked: Asked) => Promise<Answered>>>;

/** There are no files in this world. */
export const noFiles = { findMedia: async () => undefined };

export function agentsDoor(house: House, keys: Keys): Doors {
  const { store, context } = house;

  function refOf({ id, headers }: Asked): IntentRef {
    const { tenant } = keys.callerOf(headers).key ?? keys.keyOf(headers);
    const known = intentId.safeParse(id);
    if (!known.success) throw new NotFound('intent');
    return { tenant, intentId: known.data };
  }

  async function stateAt(ref: IntentRef): Promise<IntentState> {
    const state = await store.load(ref, { request: true });
    if (!state) throw new NotFound('intent');
    return state;
  }

  /** Whoever asked for the answer finds it in their mailbox at once. */
  const answered = async (tenant: string, entry: NewEntry) =>
    void (await putInto(house.mailboxes, { tenant, address: entry.to }, entry));

  const requestOf = ({ body, headers }: Asked) => ({
    body,
    idempotencyKey: headers.get('idempotency-key') ?? undefined,
    fencingToken: headers.get(fencingName) ?? undefined,
    context,
    answered,
  });

  const acting = (act: typeof resolve) => async (asked: Asked) => {
    const caller = keys.keyOf(asked.headers);
    return { body: { ok: true, ...(await act(store, caller, refOf(asked), requestOf(asked))) } };
  };

  async function goOn(asked: Asked): Promise<Answered> {
    const ref = refOf(asked);
    if (isTaskResult(asked.body)) {
      const ports = { store, context, typeOf: house.typeOf, files: noFiles };
      const who = { caller: keys.callerOf(asked.headers), directory: house.directory };
      return { body: { ok: true, ...(await decideByResume(ports, who, ref, requestOf(asked))) } };
    }
    const caller = keys.keyOf(asked.headers);
    const delivered = (await store.load(ref))?.delivery !== undefined;
    const answer = delivered
      ? await answerByResume(store, caller, ref, requestOf(asked))
      : await resume(store, caller, ref, { ...requestOf(asked), typeOf: house.typeOf });
    return { body: { ok: true, ...answer } };
  }

  /** The newest first. */
  async function list({ query, headers }: Asked): Promise<Answered> {
    const { tenant } = keys.keyOf(headers);
    const asked = as(intentsQuery, query);
    const { parent_intent_id: parent, limit, cursor } = asked;
    const { fits } = wantedIn(asked, tenant);
    const parts =
      parent === undefined
        ? undefined
        : new Set(await store.children({ tenant, intentId: parent }, '', Number.POSITIVE_INFINITY));
    const refs = house.refs.filter((ref) => ref.tenant === tenant && (parts?.has(ref.intentId) ?? true)).reverse();
    const after = cursor === undefined ? 0 : refs.findIndex((ref) => ref.intentId === cursor) + 1;
    const states = await Promise.all(refs.slice(after).map(stateAt));
    const found = states.filter(fits);
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1)?.head.intentId : undefined;
    return {
      body: { ok: true, intents: page.map(intentOut), next_cursor: last === undefined ? null : cursorOf(last) },
    };
  }

  /** Held until something new is there, or its time is over by the world's clock. */
  async function hold<Item extends { seq: number }>(
    after: (since: number, limit: number) => Promise<Item[]>,
    asked: { since: number; wait_seconds: number; only?: (item: Item) => boolean },
    frameOf: (item: Item) => string,
  ): Promise<Answered> {
    const last = async () => (await after(0, Number.POSITIVE_INFINITY)).at(-1)?.seq ?? 0;
    const until = house.clock.now() + asked.wait_seconds * 1000;
    const pause = async () => {
      await house.changed();
      return true;
    };
    const { items, next } = await follow({ last, after }, { ...asked, until, now: house.clock.now, pause });
    const body = items.length > 0 ? items.map(frameOf).join('') : timeoutFrame(next);
    return { body, headers: { 'content-type': 'text/event-stream; charset=utf-8' } };
  }

  const bundlesOf = ({ headers }: Asked) => {
    const caller = keys.keyOf(headers);
    const accounts = {
      isThere: async (address: string) => keys.agents.has(address),
      async make(name: string) {
        keys.agents.add(`agent://${caller.tenant}/${name}`);
        return true;
      },
    };
    return { caller, ports: { store, directory: house.directory, accounts } };
  };

  /** Throws NotFound, PolicyDenied. */
  function boxOf({ id, headers }: Asked): Box {
    const { tenant, agent } = keys.keyOf(headers);
    const address = knownAddress(id, tenant);
    if (address === undefined) throw new NotFound('agent');
    if (address !== agent)
      throw new PolicyDenied("Only an agent's own key reads what was delivered to it.", { reason: 'not_yours' });
    return { tenant, address };
  }

  return {
    health: async () => ({ body: { ok: true } }),
    createIntent: async (asked) => {
      const { body, idempotencyKey } = requestOf(asked);
      const { traceId } = asked;
      const request = { body, idempotencyKey, traceId, context: context(), typeOf: house.typeNamed };
      return { body: { ok: true, ...(await admit(store, keys.keyOf(asked.headers), request)) } };
    },
    listIntents: list,
    getIntent: async (asked) => {
      const caller = keys.keyOf(asked.headers);
      const state = await stateAt(refOf(asked));
      const left = await leftWith(store, caller, state, house.clock.iso());
      return { body: { ok: true, intent: { ...intentOut(state), ...left } } };
    },
    listEvents: async (asked) => {
      const ref = refOf(asked);
      const { since, limit } = as(eventsQuery, asked.query);
      await stateAt(ref);
      const found = await store.events(ref, since, limit);
      return { body: { ok: true, events: found.map((event) => eventOut(ref.intentId, event)) } };
    },
    streamEvents: async (asked) => {
      const ref = refOf(asked);
      const query = as(eventStreamQuery, asked.query);
      await stateAt(ref);
      return hold(
        (since, limit) => store.events(ref, since, limit),
        query,
        (one) => eventFrame(ref.intentId, one),
      );
    },
    resumeIntent: goOn,
    resolveIntent: acting(resolve),
    claimIntent: acting(claim),
    releaseIntent: acting(release),
    validateScenario: async (asked) => {
      const { caller, ports } = bundlesOf(asked);
      return { body: { ok: true, ...(await validate(ports, caller, asked.body, house.clock.iso())) } };
    },
    applyScenario: async (asked) => {
      const { caller, ports } = bundlesOf(asked);
      const { body, idempotencyKey } = requestOf(asked);
      const request = { body, idempotencyKey, traceId: asked.traceId, context: context() };
      return { body: { ok: true, ...(await apply(ports, caller, request)) } };
    },
    streamMailbox: async (asked) => {
      const box = boxOf(asked);
      const { status, ...query } = as(agentStreamQuery, asked.query);
      const after = (since: number, limit: number) => house.mailboxes.after(box, since, limit);
      return hold(after, { ...query, only: isWanted(status) }, entryFrame);
    },
    listMailbox: async (asked) => {
      const box = boxOf(asked);
      const { since, status, limit } = as(mailboxQuery, asked.query);
      const found = await house.mailboxes.after(box, since, limit);
      const next_seq = found.at(-1)?.seq ?? Math.min(since, await house.mailboxes.last(box));
      const intents = found.filter(isWanted(status)).map(entryOut);
      return { body: { ok: true, intents, next_seq, has_more: found.length === limit } };
    },
  };
}
