/** An agent that listens: each piece of work is done once by whoever has it, and by another where that one is gone. */

import { describe, expect, it } from 'vitest';
import { AgentFailure, HoldpointClient, type ListenOptions, type Work } from '../../../clients/sdk/index.ts';
import { createTestWorld } from '../../../clients/sdk/testing/index.ts';
import { stopped } from '../../../core/commit.ts';
import { NotFound, PolicyDenied, RetryableError, Unauthorized } from '../../../core/errors.ts';
import { errorAnswer } from '../../../wire/errors.ts';

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
  /** A packer's client whose claims are answered with this error, while there is one. */
  const refusedClaims = (errorOf: () => Error | undefined, headers: Record<string, string> = {}) => {
    const { baseUrl, time } = world;
    const asked: number[] = [];
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const error = String(input).endsWith('/claim') ? errorOf() : undefined;
      if (String(input).endsWith('/claim')) asked.push(Date.parse(world.now));
      if (!error) return world.fetch(input, init);
      const { status, body } = errorAnswer(error, world.now, false);
      return Response.json(body, { status, headers });
    };
    return { asked, client: new HoldpointClient({ baseUrl, apiKey: world.keyOf('packer'), fetch, time, retries: 0 }) };
  };
  return { world, sender, submit, worker, refusedClaims };
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

  it('that throws gives it back at once: it is given out again within a second, under a greater token', async () => {
    const { world, sender, submit, worker } = house();
    const tokens: number[] = [];
    const cursors: number[] = [];
    const { errors, end } = worker(
      async ({ fencingToken, entry }) => {
        tokens.push(fencingToken);
        if (fencingToken === 1) throw new Error('out of paper');
        return { reason: entry.reason, attempt: entry.attempt };
      },
      { leaseSeconds: 3600, onCursor: (seq) => cursors.push(seq) },
    );
    const id = await submit();
    await world.settled();
    expect([tokens, errors]).toEqual([[1], [new Error('out of paper')]]);
    const given = await sender.events(id);
    expect(given.at(-1)).toMatchObject({
      event_type: 'intent.acknowledged',
      details: { state: 'CLAIM_RELEASED', fencing_token: 1, reason: 'The worker has failed.' },
    });
    // What it threw is its own.
    expect(JSON.stringify(given)).not.toContain('paper');
    await world.advance(1);
    expect(await sender.get(id)).toMatchObject({ status: 'COMPLETED', result: { reason: 'released', attempt: 2 } });
    expect([tokens, cursors]).toEqual([
      [1, 2],
      [1, 2],
    ]);
    await end();
  });

  it('that always throws comes back later each time, and not more often than it may', async () => {
    const { world, sender, worker } = house();
    const at: number[] = [];
    const { errors, end } = worker(async () => {
      at.push(Date.parse(world.now));
      throw new Error('always');
    });
    const intent = { intent_type: 'parcels.pack.v1', to_agent: 'packer', max_delivery_attempts: 5 };
    const { intent_id } = await sender.submit(intent);
    await world.advance(3600);
    expect(await sender.get(intent_id)).toMatchObject({ status: 'FAILED', error: { code: 'delivery_failed' } });
    expect(errors).toHaveLength(5);
    const pauses = at.slice(1).map((time, i) => (time - (at[i] as number)) / 1000);
    for (const [i, most] of [1, 5, 30, 120].entries()) {
      expect(pauses[i]).toBeGreaterThanOrEqual(most / 2);
      expect(pauses[i]).toBeLessThanOrEqual(most);
    }
    await end();
  });

  it('whose giving back is not heard is found by its lease', async () => {
    const { world, sender, submit, worker } = house();
    const { baseUrl } = world;
    const fetch: typeof globalThis.fetch = (input, init) =>
      String(input).endsWith('/release') ? Promise.reject(new TypeError('fetch failed')) : world.fetch(input, init);
    const deaf = new HoldpointClient({ baseUrl, apiKey: world.keyOf('packer'), fetch, time: world.time, retries: 0 });
    const { end } = worker(
      async ({ fencingToken, entry }) => {
        if (fencingToken === 1) throw new Error('out of paper');
        return { reason: entry.reason };
      },
      {},
      deaf,
    );
    const id = await submit();
    await world.advance(30);
    expect(await sender.get(id)).toMatchObject({ delivery_attempt: 1 });
    await world.advance(5 * minute);
    expect(await sender.get(id)).toMatchObject({ status: 'COMPLETED', result: { reason: 'lease_over' } });
    await end();
  });

  it('that lost its claim without noticing takes it on again once its handler has ended', async () => {
    const { world, sender, submit, worker } = house();
    const { open, opened } = gate();
    let down = false;
    const { baseUrl } = world;
    const fetch: typeof globalThis.fetch = (input, init) =>
      down && init?.method === 'POST' ? Promise.reject(new TypeError('fetch failed')) : world.fetch(input, init);
    const client = new HoldpointClient({ baseUrl, apiKey: world.keyOf('packer'), fetch, time: world.time, retries: 0 });
    const running: number[] = [];
    const one = worker(
      async ({ fencingToken }) => {
        running.push(fencingToken);
        // It does not heed its signal.
        if (fencingToken === 1) await opened;
        return { fencingToken };
      },
      { concurrency: 2 },
      client,
    );
    const id = await submit();
    await world.settled();
    down = true;
    await world.advance(5 * minute);
    down = false;
    await world.settled();
    expect([running, await sender.get(id)]).toMatchObject([[1], { delivery_attempt: 2 }]);
    open();
    await world.advance(minute);
    expect(await sender.get(id)).toMatchObject({ status: 'COMPLETED', result: { fencingToken: 2 } });
    await one.end();
  });

  it('that can’t reach the deployment when work comes claims it later', async () => {
    const { world, sender, submit, worker } = house();
    let down = true;
    const { baseUrl } = world;
    const fetch: typeof globalThis.fetch = (input, init) =>
      down && String(input).endsWith('/claim')
        ? Promise.resolve(new Response('', { status: 503 }))
        : world.fetch(input, init);
    const client = new HoldpointClient({ baseUrl, apiKey: world.keyOf('packer'), fetch, time: world.time });
    const { errors, end } = worker(async () => ({ done: true }), {}, client);
    const id = await submit();
    await world.advance(10 * minute);
    down = false;
    await world.advance(minute);
    expect(await sender.get(id)).toMatchObject({ status: 'COMPLETED', delivery_attempt: 1 });
    expect(errors).toEqual([]);
    await end();
  });

  it('waits while an operator has stopped it, and leaves nothing behind', async () => {
    const { world, sender, submit, worker, refusedClaims } = house();
    let stop: Error | undefined = stopped('stop#everything');
    const { client, asked } = refusedClaims(() => stop);
    const cursors: number[] = [];
    const did: unknown[] = [];
    const handler = async ({ intent, entry }: Work) => {
      did.push([intent.payload.parcel, entry.attempt]);
      return {};
    };
    const one = worker(handler, { onCursor: (seq) => cursors.push(seq) }, client);
    const ids = [await submit('P-1'), await submit('P-2')];
    await world.advance(10 * minute);
    expect(asked.length).toBeGreaterThan(10);
    expect([did, cursors, one.errors]).toEqual([[], [], []]);
    stop = undefined;
    await world.advance(minute);
    expect([did, cursors]).toEqual([
      [
        ['P-1', 1],
        ['P-2', 1],
      ],
      [1, 2],
    ]);
    for (const id of ids) expect(await sender.get(id)).toMatchObject({ status: 'COMPLETED', delivery_attempt: 1 });
    expect(one.errors).toEqual([]);
    await one.end();
  });

  it('that is stopped while it waits for that begins anew with what it has not claimed', async () => {
    const { world, submit, worker, refusedClaims } = house();
    const cursors: number[] = [];
    const { client } = refusedClaims(() => stopped('stop#everything'));
    const { errors, end } = worker(async () => ({}), { onCursor: (seq) => cursors.push(seq) }, client);
    await submit();
    await world.advance(minute);
    await end();
    expect([errors, cursors]).toEqual([[], []]);
  });

  it.each([
    ['its key is no longer good', () => new Unauthorized('invalid_platform_api_key', 'No.'), 'AuthError'],
    ['it may not do this', () => new PolicyDenied('This key lacks the scope.', { scope: 'x' }), 'PolicyDeniedError'],
  ])('ends with the refusal where %s, and its cursor stays', async (_, refusal, name) => {
    const { world, submit, worker, refusedClaims } = house();
    const cursors: number[] = [];
    const { client, asked } = refusedClaims(refusal);
    const { errors, ended } = worker(async () => ({}), { onCursor: (seq) => cursors.push(seq) }, client);
    const refused = expect(ended).rejects.toMatchObject({ name });
    for (const parcel of ['P-1', 'P-2', 'P-3']) await submit(parcel);
    await world.advance(minute);
    await refused;
    expect([errors, cursors, asked.length]).toEqual([[], [], 1]);
  });

  it.each([
    ['is there no more', () => new NotFound('intent')],
    ['is another agent’s by now', () => new PolicyDenied('Only its receiver.', { reason: 'not_yours' })],
  ])('passes by what %s', async (_, refusal) => {
    const { world, submit, worker, refusedClaims } = house();
    const cursors: number[] = [];
    const { client } = refusedClaims(refusal);
    const { errors, end } = worker(async () => ({}), { onCursor: (seq) => cursors.push(seq) }, client);
    await submit();
    await world.settled();
    expect([errors, cursors]).toEqual([[], [1]]);
    await end();
  });

  it('comes again when the deployment says so, however long that is', async () => {
    const { world, submit, worker, refusedClaims } = house();
    const { client, asked } = refusedClaims(() => new RetryableError('Later.'), { 'retry-after': '300' });
    const { end } = worker(async () => ({}), {}, client);
    await submit();
    await world.advance(20 * minute);
    expect(asked.length).toBeGreaterThan(2);
    for (const [i, at] of asked.slice(1).entries()) expect(at - Number(asked[i])).toBeGreaterThanOrEqual(300_000);
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

  it('whose connections hang loses its claim when its lease is over, and not later', async () => {
    const { world, submit, worker } = house();
    const { baseUrl, time } = world;
    let hangs = false;
    const fetch: typeof globalThis.fetch = (input, init) =>
      hangs
        ? new Promise((_, failed) => init?.signal?.addEventListener('abort', () => failed(init.signal?.reason)))
        : world.fetch(input, init);
    const client = new HoldpointClient({ baseUrl, apiKey: world.keyOf('packer'), fetch, time });
    let lost: AbortSignal | undefined;
    const { errors, end } = worker(
      async ({ signal }) => {
        lost = signal;
        await new Promise((_, failed) => signal.addEventListener('abort', () => failed(signal.reason)));
        return {};
      },
      { leaseSeconds: 60 },
      client,
    );
    await submit();
    await world.settled();
    // Renewed after 20 and after 40 seconds; then nothing comes back.
    await world.advance(50);
    hangs = true;
    await world.advance(49);
    expect(lost?.aborted).toBe(false);
    await world.advance(1);
    expect(lost?.aborted).toBe(true);
    await world.settled();
    expect(errors).toMatchObject([{ name: 'TimeoutError' }]);
    await end();
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

  it('gives back what was claimed and not begun', async () => {
    const { world, sender, submit } = house();
    const stop = new AbortController();
    const { baseUrl } = world;
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const response = await world.fetch(input, init);
      if (String(input).endsWith('/claim')) stop.abort();
      return response;
    };
    const client = new HoldpointClient({ baseUrl, apiKey: world.keyOf('packer'), fetch, time: world.time });
    const id = await submit();
    const [did, errors]: [string[], unknown[]] = [[], []];
    const handler = async (work: Work) => ({ n: did.push(work.intent.intent_id) });
    await client.listen('packer', handler, { signal: stop.signal, onError: (error) => errors.push(error) });
    expect([did, errors]).toEqual([[], []]);
    expect((await sender.events(id)).at(-1)).toMatchObject({
      details: { state: 'CLAIM_RELEASED', reason: 'The worker stopped before it had begun.' },
    });
    expect(await sender.get(id)).not.toHaveProperty('claim');
    await world.advance(1);
    const { intents } = await world.client('packer').agents.mailbox('packer');
    expect(intents.map(({ reason }) => reason)).toEqual(['assigned', 'released']);
  });

  it('leaves what it could not claim to the next start', async () => {
    const { world, submit, worker } = house();
    const { baseUrl } = world;
    let asked = 0;
    const fetch: typeof globalThis.fetch = (input, init) => {
      if (!String(input).endsWith('/claim')) return world.fetch(input, init);
      asked += 1;
      return Promise.resolve(new Response('', { status: 503 }));
    };
    const client = new HoldpointClient({ baseUrl, apiKey: world.keyOf('packer'), fetch, time: world.time, retries: 0 });
    const cursors: number[] = [];
    const { errors, stop, ended } = worker(async () => ({}), { onCursor: (seq) => cursors.push(seq) }, client);
    await submit();
    await world.settled();
    expect(asked).toBeGreaterThan(0);
    stop();
    await ended;
    expect([errors, cursors]).toEqual([[], []]);
  });

  it('lets who heeds the signal give back what it has when the time is over', async () => {
    const { world, sender, submit, worker } = house();
    const { ended, stop } = worker(
      ({ signal }) =>
        new Promise((_, failed) => signal.addEventListener('abort', () => failed(signal.reason), { once: true })),
      { graceSeconds: 10 },
    );
    const id = await submit();
    await submit('P-2');
    await world.settled();
    stop();
    await world.advance(10);
    await ended;
    expect((await sender.events(id)).at(-1)).toMatchObject({
      details: { state: 'CLAIM_RELEASED', reason: 'The worker stopped.' },
    });
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
    await world.advance(10);
    expect(signal?.aborted).toBe(true);
    await world.advance(5);
    await ended;
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

it.each([
  ['onCursor', async () => ({})],
  ['onError', () => Promise.reject(new Error('out of paper'))],
])('ends with what %s throws, and lets the rest come to its end', async (name, handler) => {
  const { world, sender, submit } = house();
  const [{ open, opened }, begun] = [gate(), gate()];
  const thrown = new Error('The disk is full.');
  const [first, second] = [await submit('P-1'), await submit('P-2')];
  const told = () => Promise.reject(thrown);
  const work = async ({ intent }: Work) => {
    if (intent.payload.parcel === 'P-1') return begun.opened.then(handler);
    begun.open();
    await opened;
    return {};
  };
  const listening = world.client('packer').listen('packer', work, { concurrency: 2, [name]: told });
  const refused = expect(listening).rejects.toBe(thrown);
  await world.settled();
  const third = await submit('P-3');
  open();
  await refused;
  expect((await sender.get(second)).status).toBe('COMPLETED');
  expect(await sender.get(third)).not.toHaveProperty('claim');
  expect((await sender.get(first)).status).toBe(name === 'onCursor' ? 'COMPLETED' : 'ACKNOWLEDGED');
});

it('is refused for another agent’s address', async () => {
  const { world } = house();
  await expect(world.client('other').listen('packer', async () => ({}))).rejects.toMatchObject({
    code: 'policy_denied',
  });
});
