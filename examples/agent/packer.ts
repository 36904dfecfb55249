/** An agent that packs parcels: it waits for work, claims it, says that it is alive, and answers. */

interface Work {
  seq: number;
  intent_id: string;
  payload?: { parcel?: string };
}

interface Claimed {
  granted: boolean;
  fencing_token?: number;
}

/** `baseUrl` and `key` are its own; `since`: the last number it has seen. Gives the number to go on from. */
export async function work(baseUrl: string, key: string, since: number, pack: (work: Work) => Promise<object>) {
  const call = async (path: string, body?: object, token?: number) => {
    const response = await fetch(`${baseUrl}/v1${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        'x-api-key': key,
        'content-type': 'application/json',
        ...(token === undefined ? {} : { 'x-fencing-token': String(token) }),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  };

  // Held until something comes, 25 seconds at the most.
  const frames = await (await call(`/agents/packer/intents/stream?since=${since}&wait_seconds=25`)).text();
  let last = since;
  for (const [, event, data] of frames.matchAll(/^event: (.*)\ndata: (.*)$/gm)) {
    if (event === 'stream.timeout') break;
    const given = JSON.parse(data ?? '') as Work;
    last = given.seq;

    const claim = { claimant: `worker-${process.pid}`, lease_seconds: 60 };
    const path = `/intents/${given.intent_id}`;
    // Refused where it is over by now; somebody else may have it.
    const claimed = await call(`${path}/claim`, claim).then(
      (answer) => answer.json() as Promise<Claimed>,
      (): Claimed => ({ granted: false }),
    );
    if (!claimed.granted) continue;
    const { fencing_token: token } = claimed;
    // A third of the lease: two signs of life may be lost.
    const alive = setInterval(() => call(`${path}/claim`, claim, token).catch(() => undefined), 20_000);
    try {
      const result = await pack(given);
      await call(`${path}/resume`, { action: 'complete', result }, token);
    } catch {
      // Given out again after a pause. Where that is not heard, its lease tells.
      await call(`${path}/release`, { reason: 'not packed' }, token).catch(() => undefined);
    } finally {
      clearInterval(alive);
    }
  }
  return last;
}
