import { AgentFailure, type HoldpointClient } from '@holdpoint/sdk';

/** Packs parcels until `signal` is aborted; `press` stands for the work. */
export const pack = (hp: HoldpointClient, signal: AbortSignal, press: (parcel: string) => Promise<number>) =>
  hp.listen(
    'packer',
    async ({ intent, tell }) => {
      const { parcel } = intent.payload;
      if (typeof parcel !== 'string') throw new AgentFailure('no_parcel', 'Say which parcel.');
      await tell({ action: 'start' });
      return { boxes: await press(parcel) };
    },
    { signal, leaseSeconds: 60, concurrency: 4 },
  );
