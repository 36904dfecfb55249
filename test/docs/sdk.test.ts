/** The examples of docs/sdk.md, as they stand there. */

import { createHmac } from 'node:crypto';
import { createTestWorld } from '@holdpoint/sdk/testing';
import { describe, expect, it, vi } from 'vitest';
import { hook } from '../../examples/agent/hook.ts';
import { pack } from '../../examples/agent/pack.ts';
import { codeBlocks } from './markdown.ts';

// Its own tests, which the document shows as a reader's.
import '../../examples/agent/deploy.test.ts';

describe('docs/sdk.md', () => {
  it('shows no code but what is run', () => {
    const shown = codeBlocks('docs/sdk.md').map(({ says }) => says.file);
    expect(shown).toEqual(
      ['ask.mjs', 'deploy.ts', 'pack.ts', 'hook.ts', 'deploy.test.ts'].map((name) => `examples/agent/${name}`),
    );
  });

  it('packs what is delivered, and says where it can’t', async () => {
    const world = createTestWorld();
    const stop = new AbortController();
    const packing = pack(world.client('packer'), stop.signal, async (parcel) => parcel.length);
    const sender = world.client('sender');
    const parcel = (payload: { parcel: string | number }) =>
      sender.submit({ intent_type: 'parcels.pack.v1', to_agent: 'packer', payload });
    const [good, bad] = await Promise.all([parcel({ parcel: 'P-1' }), parcel({ parcel: 7 })]);
    expect(await sender.waitFor(good.intent_id)).toMatchObject({ status: 'COMPLETED', result: { boxes: 3 } });
    expect(await sender.waitFor(bad.intent_id)).toMatchObject({ status: 'FAILED', error: { code: 'no_parcel' } });
    stop.abort();
    await packing;
  });

  it('takes a webhook that is signed, and no other', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    const key = Buffer.from('a secret of some length');
    const [id, time] = ['msg_1', String(Math.floor(Date.now() / 1000))];
    const signature = createHmac('sha256', key).update(`${id}.${time}.{}`).digest('base64');
    const headers = { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': `v1,${signature}` };
    const send = (body: string) =>
      hook(new Request('https://example.com', { method: 'POST', headers, body }), [secret]);
    const secret = `whsec_${key.toString('base64')}`;
    expect([(await send('{}')).status, (await send('{ }')).status]).toEqual([204, 401]);
    expect(log).toHaveBeenCalledOnce();
    log.mockRestore();
  });
});
