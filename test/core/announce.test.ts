import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { operationsOf } from '../../adapters/transaction.ts';
import {
  type AnnounceOrder,
  announcementsOf,
  everyIntentEvent,
  inboxEventTypes,
  subscribable,
  wants,
} from '../../core/announce.ts';
import { eventTypes } from '../../core/lifecycle.ts';
import type { OutboxRow } from '../../core/model.ts';
import { faultsBy, schemasAreHere } from '../wire/schemas.ts';
import * as given from './builders.ts';
import { type Story, story } from './story.ts';

const tables = { intents: 'i', effects: 'e', audit: 'a', control: 'c', people: 'p', meters: 'm' };

const owed = ({ store, ref }: Story): OutboxRow[] => store.outbox(ref).filter(({ kind }) => kind === 'announce');

/** Everything that is told of a story, commit by commit. */
async function told(story: Story) {
  const state = await story.state();
  const events = await story.store.events(story.ref, 0, 1000);
  return owed(story).map(({ body }) => {
    const { from, to, by } = body as unknown as AnnounceOrder;
    return announcementsOf(
      state,
      events.filter(({ seq }) => seq >= from && seq <= to),
      by === undefined ? {} : { by },
    );
  });
}

/** A refund that is approved with words, paid and completed. */
async function refunded(announced: boolean): Promise<Story> {
  const one = await story({ type: given.refundType, payload: given.refundPayload(), announced });
  await one.check();
  await one.escalate();
  const links = await one.mail();
  await one.decide(links.ada as string, { comment: 'Ada says: the parcel of Mrs Smith was broken.' });
  return one;
}

describe('what is owed to the world', () => {
  it('is one row for each commit with events, and none of an intent to which nobody listened', async () => {
    const silent = await refunded(false);
    expect(owed(silent)).toEqual([]);
    const one = await refunded(true);
    const events = await one.store.events(one.ref, 0, 1000);
    const ranges = owed(one).map(({ body }) => [Number(body.from), Number(body.to)] as const);
    // Without a gap and without an overlap.
    expect(ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i))).toEqual(
      events.map(({ seq }) => seq),
    );
    expect(ranges.length).toBe(new Set(events.map(({ command }) => command)).size);
  });

  it('is in the same transaction as the events', async () => {
    const one = await story({ announced: true });
    const commits: string[][] = [];
    const commit = one.store.commit.bind(one.store);
    one.store.commit = (sealed) => {
      commits.push(operationsOf(sealed, tables).map(({ item }) => String(item.Put?.Item?.sk)));
      return commit(sealed);
    };
    await one.escalate();
    expect(commits.at(-1)?.filter((sk) => sk.startsWith('outbox#announce#'))).toHaveLength(1);
  });
});

describe('an announcement', () => {
  it('has nothing of what people said or are called, and names no person', async () => {
    const one = await refunded(true);
    const text = JSON.stringify(await told(one));
    for (const word of ['Mrs Smith', 'Ada', 'ada', 'example.com', 'Ben'])
      expect(text, word).not.toMatch(new RegExp(`\\b${word}\\b`));
    expect(text).toContain('"actor":"person"');
  });

  it('tells what came of a person’s decision, and no more of it', async () => {
    const one = await story({ announced: true });
    await one.escalate();
    const links = await one.mail();
    await one.decide(links.ada as string, { comment: 'Go.' });
    const last = (await told(one)).flat().filter(({ type }) => type === 'intent.completed');
    expect(last.map(({ data }) => data.data)).toEqual([{ approved: true, outcome: 'approved' }]);
  });

  it('has a small payload with the submission, and leaves a large one out', async () => {
    const payloadOf = async (notes: string) => {
      const one = await story({ announced: true, payload: { task: 'Deploy?', notes } });
      const all = (await told(one)).flat();
      return all.filter(({ data }) => data.payload !== undefined).map(({ type }) => type);
    };
    expect(await payloadOf('short')).toEqual(['intent.submitted']);
    expect(await payloadOf('x'.repeat(9000))).toEqual([]);
  });

  it('has the same id however often it is made, and another than every other', async () => {
    const one = await refunded(true);
    const [first, second] = [(await told(one)).flat(), (await told(one)).flat()];
    expect(first).toEqual(second);
    expect(new Set(first.map(({ id }) => id)).size).toBe(first.length);
  });

  it.runIf(schemasAreHere)('is AXP’s event object, with what we say beside it', async () => {
    const lifecycle = (await told(await refunded(true))).flat().filter(({ type }) => type.startsWith('intent.'));
    expect(lifecycle.length).toBeGreaterThan(4);
    for (const { data } of lifecycle) {
      const { intent_id, seq, event_type, status, at, actor, waiting_reason } = data as Record<string, never>;
      const event = { intent_id, seq, event_type, status, at, actor, ...(waiting_reason ? { waiting_reason } : {}) };
      expect(faultsBy('protocol/intent.event.v1.json', event)).toEqual([]);
    }
  });

  it('tells the receiver’s inbox of a thread, and that of whom the end is owed to', async () => {
    const replyTo = 'agent://acme/shop/clerk';
    const one = await story({ announced: true, replyTo });
    const threads = async () =>
      (await told(one)).flat().flatMap(({ type, owner }) => (owner === undefined ? [] : [`${type} ${owner}`]));
    const to = (await one.state()).request?.to;
    expect(await threads()).toEqual([`inbox.thread_created ${to}`]);
    await one.escalate();
    const links = await one.mail();
    await one.decide(links.ada as string);
    const after = await threads();
    expect(after.at(-1)).toBe(`inbox.thread_created ${replyTo}`);
    expect(after.slice(1, -1).every((one) => one === `inbox.thread_updated ${to}`)).toBe(true);
  });
});

describe('a subscription', () => {
  const owner = fc.constantFrom('agent://a/b/one', 'agent://a/b/two');
  const wanted = fc.uniqueArray(fc.constantFrom(...subscribable), { minLength: 1 });
  const event = fc.record(
    { type: fc.constantFrom(...eventTypes, ...inboxEventTypes), owner },
    { requiredKeys: ['type'] },
  );

  it('wants what it names, of the tenant or of its own inbox, while it is active', () => {
    fc.assert(
      fc.property(owner, wanted, fc.boolean(), event, (owner, eventTypes, active, event) => {
        const named =
          eventTypes.includes(event.type) ||
          (event.type.startsWith('intent.') && eventTypes.includes(everyIntentEvent));
        const own = event.owner === undefined || event.owner === owner;
        expect(wants({ owner, eventTypes, active }, event)).toBe(active && own && named);
      }),
    );
  });
});
