/** Writes the next checkpoint. Two at once make one: the number is taken by whoever writes it first. */

import { type Checkpoint, lookFrom, nextCheckpoint, type Seen, type SignedCheckpoint } from '../../core/checkpoint.ts';

interface Ports {
  now: () => string;
  changed: (since: string, now: string) => Promise<Seen[]>;
  sign: (checkpoint: Checkpoint) => Promise<SignedCheckpoint>;
  bucket: {
    newest(): Promise<number>;
    read(number: number): Promise<SignedCheckpoint>;
    write(signed: SignedCheckpoint): Promise<boolean>;
  };
}

export interface Witnessed {
  number: number;
  /** Chains that it names. */
  seen: number;
  /** False: another call wrote this number meanwhile. */
  written: boolean;
  /** Since the one before it. */
  hours: number;
}

export async function witness({ now, changed, sign, bucket }: Ports): Promise<Witnessed> {
  const newest = await bucket.newest();
  const last = newest === 0 ? undefined : (await bucket.read(newest)).checkpoint;
  // Before the heads are read: what is committed while they are belongs to the next one too.
  const at = now();
  const next = nextCheckpoint(last, await changed(lookFrom(last, at), at), at);
  const written = await bucket.write(await sign(next));
  const hours = last ? (Date.parse(at) - Date.parse(last.at)) / 3_600_000 : 0;
  return { number: next.number, seen: next.seen.length, written, hours };
}
