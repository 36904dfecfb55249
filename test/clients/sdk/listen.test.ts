/** An agent that listens: each piece of work is done once by whoever has it, and by another where that one is gone. */

import { describe, expect, it } from 'vitest';
import { AgentFailure, HoldpointClient, type ListenOptions, type Work } from '../../../clients/sdk/index.ts';
import { createTestWorld } from '../../../clients/sdk/testing/index.ts';

const minute = 60;

function house() {
  const world = createTestWorld();
  const sender = world.client('sender');
  const submit = async (parcel = 'P-1') => {
    const intent = { intent_type: 'parcels.pack.v1', to_agent: 'packer', payload: { parcel } };
    return (await sender.submit(intent)).intent_id;
  };
  /** A worker that ends with its test. */
  const worker = (
    handler: (work: Work) => Promise<Record<string, unknown> | undefined>,
    options: ListenOptions = {},
    hp = world.client('packer'),
  ) => {
    const stop = new AbortController();
    const errors: unknown[] = [];
    const ended = hp.listen('packer', handler, {
      signal: stop.signal,
      onError: (error) => errors.push(error),
      ...options,
    });
    return {
      errors,
      ended,
      stop: () => stop.abort(),
      async end() {
        stop.abort();
        await ended;
      },
    };
  };
  return { world, sender, submit, worker };
}

/** A promise that a test resolves. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((done) => {
    open = done;
  });
  return { open, opened };
}

describe('a worker', () => {
  it('of many does each piece once', async () => {
    const { world, sender, submit, worker } = house();
    const did: string[] = [];
    const workers = Array.from({ length: 8 }, () =>
      worker(async ({ intent }) => {
        did.push(intent.intent_id);
        return {};
      }),
    );
    const ids = await Promise.all(Array.from({ length: 12 }, (_, n) => submit(`P-${n}`)));
    await world.settled();
    expect(did.sort()).toEqual(ids.sort());
    for (const id of ids) expect(await sender.get(id)).toMatchObject({ status: 'COMPLETED' });
    for (const one of workers) await one.end();
  });

  it('stays in possession while it works, however long', async () => {
    const { world, sender, submit, worker } = house();
    const { open, opened } = gate();
    const one = worker(async ({ signal }) => {
      await opened;
      return { aborted: signal.aborted };
    });
    const id = await submit();
    await world.advance(6 * minute);
    const other = worker(async () => ({ other: true }));
    await world.advance(6 * minute);
    open();
    await world.settled();
    expect(await sender.get(id)).toMatchObject({
      status: 'COMPLETED',
      result: { aborted: false },
      delivery_attempt: 1,
    });
    for (const { end } of [one, other]) await end();
  });

  it('that throws leaves it to be given out again, under a greater token', async () => {
    const { world, sender, submit, worker } = house();
    const tokens: number[] = [];
    const { errors, end } = worker(async ({ fencingToken }) => {
      tokens.push(fencingToken);
      if (fencingToken === 1) throw new Error('out of paper');
      return { done: true };
    });
    const id = await submit();
    await world.advance(5 * minute);
    expect(await sender.get(id)).toMatchObject({ status: 'COMPLETED', result: { done: true } });
    expect([tokens, errors]).toEqual([[1, 2], [new Error('out of paper')]]);
    await end();
  });

  it('says for good that it can’t be done', async () => {
    const { world, sender, submit, worker } = house();
    const { errors, end } = worker(async () => {
      throw new AgentFailure('no_such_parcel', 'There is none.', { parcel: 'P-1' });
    });
    const id = await submit();
    await world.settled();
    const error = { code: 'no_such_parcel', message: 'There is none.', details: { parcel: 'P-1' } };
    expect(await sender.get(id)).toMatchObject({ status: 'FAILED', error });
    expect(errors).toEqual([]);
    await end();
  });

  it('that nobody hears any more is told so, and another does it', async () => {
    const { world, sender, submit, worker } = house();
    let down = false;
    const { baseUrl } = world;
    const fetch: typeof globalThis.fetch = (...given) =>
      down ? Promise.reject(new TypeError('fetch failed')) : world.fetch(...given);
    const lonely = new HoldpointClient({ baseUrl, apiKey: world.keyOf('packer'), fetch, time: world.time, retries: 0 });
    let lost: AbortSignal | undefined;
    const one = worker(
      async ({ signal }) => {
        lost = signal;
        await new Promise((_, failed) => signal.addEventListener('abort', () => failed(signal.reason)));
        return { one: true };
      },
      {},
      lonely,
    );
    const id = await submit();
    await world.settled();
    down = true;
    const other = worker(async () => ({ other: true }));
    await world.advance(5 * minute);
    expect(lost?.aborted).toBe(true);
    expect(await sender.get(id)).toMatchObject({ status: 'COMPLETED', result: { other: true } });
    for (const { end } of [one, other]) await end();
  });

  it('is told what ended while it worked, and its answer changes nothing', async () => {
    const { world, sender, submit, worker } = house();
    const { open, opened } = gate();
    const { errors, end } = worker(async () => {
      await opened;
      return { done: true };
    });
    const id = await submit();
    await world.settled();
    await sender.cancel(id, 'not needed');
    open();
    await world.settled();
    expect(await sender.get(id)).toMatchObject({ status: 'CANCELED' });
    expect(errors).toMatchObject([{ name: 'IntentTerminalError' }]);
    await end();
  });
});

describe('stopping', () => {
  it('lets what it has come to its end, and takes on nothing more', async () => {
    const { world, sender, submit, worker } = house();
    const { open, opened } = gate();
    const { ended, stop } = worker(async () => {
      await opened;
      return { done: true };
    });
    const id = await submit();
    const next = await submit('P-2');
    await world.settled();
    stop();
    open();
    await ended;
    expect(await sender.get(id)).toMatchObject({ status: 'COMPLETED' });
    expect(await sender.get(next)).toMatchObject({ status: 'DELIVERED' });
  });

  it('has its time, too: then the work is left to its lease', async () => {
    const { world, sender, submit, worker } = house();
    let signal: AbortSignal | undefined;
    const { ended, stop } = worker(
      (work) => {
        signal = work.signal;
        return new Promise(() => {});
      },
      { graceSeconds: 10 },
    );
    const id = await submit();
    await world.settled();
    stop();
    await world.advance(11);
    await ended;
    expect(signal?.aborted).toBe(true);
    const other = worker(async () => ({ other: true }));
    await world.advance(5 * minute);
    expect(await sender.get(id)).toMatchObject({ status: 'COMPLETED', result: { other: true } });
    await other.end();
  });
});

it('tells up to where everything is done with: the next start goes on from there', async () => {
  const { world, submit, worker } = house();
  const gates = new Map(['P-1', 'P-2', 'P-3'].map((parcel) => [parcel, gate()]));
  const cursors: number[] = [];
  const did: unknown[] = [];
  const { end } = worker(
    async ({ intent }) => {
      await gates.get(String(intent.payload.parcel))?.opened;
      return {};
    },
    { concurrency: 3, onCursor: (seq) => cursors.push(seq) },
  );
  for (const parcel of gates.keys()) await submit(parcel);
  await world.settled();
  for (const parcel of ['P-2', 'P-1', 'P-3']) {
    gates.get(parcel)?.open();
    await world.settled();
  }
  expect(cursors).toEqual([0, 2, 3]);
  await end();
  const next = worker(
    async ({ intent }) => {
      did.push(intent.payload.parcel);
      return {};
    },
    { since: 3 },
  );
  await submit('P-4');
  await world.settled();
  expect(did).toEqual(['P-4']);
  await next.end();
});

it('is refused for another agent’s address', async () => {
  const { world } = house();
  await expect(world.client('other').listen('packer', async () => ({}))).rejects.toMatchObject({
    code: 'policy_denied',
  });
});
