/**
 * One program for every runtime, of what the package exports and nothing else: an agent asks an agent and a person, a worker listens,
 * a webhook is verified. Run as a process it prints what came of it; a page calls `everywhere`.
 */

import {
  ApiError,
  HoldpointClient,
  type IntentEvent,
  verifyWebhook,
  type WebhookRequest,
  WebhookVerificationError,
} from '@holdpoint/sdk';

export interface Given {
  baseUrl: string;
  /** Keys of two agents of one tenant. */
  sender: string;
  packer: { address: string; key: string };
  /** Where there is a person's session, the person decides here as well. */
  session?: string;
  webhook: WebhookRequest & { secret: string };
}

export async function everywhere({ baseUrl, sender, packer, session, webhook }: Given) {
  const hp = new HoldpointClient({ baseUrl, apiKey: sender });
  return {
    runtime: globalThis.navigator?.userAgent ?? `Node.js/${globalThis.process.versions.node}`,
    worked: await worked(hp, new HoldpointClient({ baseUrl, apiKey: packer.key }), packer.address),
    decided: await decided(hp, session === undefined ? undefined : new HoldpointClient({ baseUrl, session })),
    refused: await refused(baseUrl, hp),
    aborted: await aborted(hp),
    webhook: await webhooks(webhook),
  };
}

/** Submitted, claimed, done, acknowledged; the worker is stopped. */
async function worked(hp: HoldpointClient, worker: HoldpointClient, address: string) {
  const stop = new AbortController();
  const tokens: number[] = [];
  const errors: string[] = [];
  const listening = worker.listen(
    address,
    async ({ intent, fencingToken, tell }) => {
      tokens.push(fencingToken);
      await tell({ action: 'start' });
      return { packed: intent.payload.parcel };
    },
    { signal: stop.signal, onError: (error) => errors.push(String(error)) },
  );
  const parcel = { intent_type: 'parcels.pack.v1', to_agent: address, payload: { parcel: 'P-1 µ' } };
  const { intent_id } = await hp.submit(parcel);
  const seqs: number[] = [];
  const { status, result } = await hp.waitFor(intent_id, { onEvent: ({ seq }) => seqs.push(seq), timeoutSeconds: 120 });
  stop.abort();
  await listening;
  const wholly = seqs.length > 0 && seqs.every((seq, i) => seq === i + 1);
  return { status, result, tokens, errors, wholly, payload: (await hp.get(intent_id)).payload };
}

async function decided(hp: HoldpointClient, person: HoldpointClient | undefined) {
  const onEvent = async ({ human_task }: IntentEvent) => {
    const { task_id: id } = (human_task ?? {}) as { task_id?: string };
    if (!person || id === undefined) return;
    const { plan_hash } = await person.tasks.get(id);
    await person.tasks.decide(id, { outcome: 'approved', reason_code: 'other', plan_hash });
  };
  const question = { task: 'Does it run here?', assignee: 'ada' };
  const { approved, decidedBy } = await hp.waitForHuman(question, { onEvent, timeoutSeconds: 120 });
  return { approved, decidedBy };
}

/** Errors keep their classes, and what the deployment said. */
async function refused(baseUrl: string, hp: HoldpointClient) {
  const strangers = new HoldpointClient({ baseUrl, apiKey: 'hp_sa_0000000000000000_wrong' });
  const calls = [() => strangers.list(), () => hp.submit({ intent_type: 'no type' }), () => hp.get('no-id')];
  return Promise.all(
    calls.map(async (call) => {
      const error: unknown = await call().catch((thrown: unknown) => thrown);
      return error instanceof ApiError ? [error.name, error.status, error.code] : String(error);
    }),
  );
}

/** A held stream is let go of at once, with the reason that was given. */
async function aborted(hp: HoldpointClient) {
  const { intent_id } = await hp.submit({ intent_type: 'parcels.pack.v1', to_agent: 'nobody' });
  const over = new AbortController();
  const reason = new Error('enough');
  const waiting = hp.waitFor(intent_id, { signal: over.signal, onEvent: () => over.abort(reason) });
  return (await waiting.catch((error: unknown) => error)) === reason;
}

async function webhooks({ secret, ...request }: Given['webhook']) {
  const { payload } = await verifyWebhook(request, { secrets: secret });
  const forged = await verifyWebhook({ ...request, body: `${request.body} ` }, { secrets: secret }).catch(
    (error: unknown) => error instanceof WebhookVerificationError,
  );
  return { payload, forged };
}

const given = globalThis.process?.env.GIVEN;
if (given !== undefined) console.log(JSON.stringify(await everywhere(JSON.parse(given))));
