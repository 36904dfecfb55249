/** The checkpoints of a bundle, checked one after another, and what they saw of each chain. */

import { type KeyObject, verify } from 'node:crypto';
import { type ChainTip, genesisHash } from '../../core/audit.ts';
import { type Checkpoint, checkpointHash, overlapSeconds, type SignedCheckpoint } from '../../core/checkpoint.ts';
import { canonicalJson } from '../../core/json.ts';
import type { BundleHead } from './bundle-file.ts';

type Sight = ChainTip & { by: string; at: string };

export interface CheckpointFault {
  checkpoint: number;
  fault: string;
}

/** After the period's end, or the export, the last one may be this old: the next was due, or had failed once. */
const lateMs = 2 * 3_600_000;

const isSigned = ({ checkpoint, signature }: SignedCheckpoint, key: KeyObject): boolean => {
  try {
    return verify('sha256', Buffer.from(canonicalJson(checkpoint)), key, Buffer.from(signature, 'base64'));
  } catch {
    return false;
  }
};

export class Witnesses {
  /** By chain, oldest first. */
  readonly #sights = new Map<string, Sight[]>();
  readonly #key: KeyObject;
  readonly #faults: CheckpointFault[] = [];
  #first: Checkpoint | undefined;
  #last: Checkpoint | undefined;
  #count = 0;
  #unsigned = 0;

  constructor(key: KeyObject) {
    this.#key = key;
  }

  /** Takes the next one. */
  add(signed: SignedCheckpoint): void {
    const { checkpoint } = signed;
    const last = this.#last;
    const wrong = (fault: string) => this.#faults.push({ checkpoint: checkpoint.number, fault });
    this.#count += 1;
    this.#first ??= checkpoint;
    this.#last = checkpoint;
    const number = (last?.number ?? 0) + 1;
    if (last && checkpoint.number !== number) wrong(`stands where checkpoint ${number} belongs`);
    else if (last && checkpoint.prev !== checkpointHash(last)) wrong('does not follow the one before it');
    else if (checkpoint.number === 1 && checkpoint.prev !== genesisHash) wrong('is the first, and follows another');
    if (last && checkpoint.at < last.at) wrong('is older than the one before it');
    if (!isSigned(signed, this.#key)) {
      this.#unsigned += 1;
      wrong('is not signed by this key');
      return;
    }
    for (const { chain, seq, hash, at } of checkpoint.seen) {
      const sights = this.#sights.get(chain) ?? [];
      sights.push({ seq, hash, at, by: `checkpoint ${checkpoint.number}` });
      this.#sights.set(chain, sights);
    }
  }

  /** What is wrong with them, once all are read. */
  faults({ from, to, exportedAt }: BundleHead): CheckpointFault[] {
    const [first, last] = [this.#first, this.#last];
    if (!first || !last) return [{ checkpoint: 0, fault: 'is missing: the bundle has none, and nothing witnesses it' }];
    if (this.#unsigned === this.#count)
      return [{ checkpoint: first.number, fault: 'is not signed by this key, and no other is: is it the right one?' }];
    const faults = [...this.#faults];
    if (first.number > 1 && first.at > from)
      faults.unshift({ checkpoint: first.number - 1, fault: `is missing: the period begins before ${first.at}` });
    const end = Math.min(Date.parse(to), Date.parse(exportedAt));
    if (Date.parse(last.at) < end - lateMs)
      faults.push({ checkpoint: last.number + 1, fault: `is missing: the last one is of ${last.at}` });
    return faults;
  }

  of(chain: string): readonly Sight[] {
    return this.#sights.get(chain) ?? [];
  }

  /** Why a record that no checkpoint saw should have been seen, if so; `seq` and `at` are what it says. */
  overlooked(chain: string, { seq, at }: { seq: number; at: string }): string | undefined {
    if (!this.#first || !this.#last || this.of(chain).some((sight) => sight.seq >= seq)) return undefined;
    const seenBy = new Date(Date.parse(this.#last.at) - overlapSeconds * 1000).toISOString();
    return at >= this.#first.since && at < seenBy
      ? `says that it is of ${at}, and no checkpoint up to ${this.#last.at} has seen it`
      : undefined;
  }

  /** The chains that changed in the period, by what was seen of them. */
  *changed({ from, to, tenant }: BundleHead): Generator<Sight & { chain: string }> {
    for (const [chain, sights] of this.#sights) {
      if (tenant !== null && !chain.startsWith(`${tenant}#`)) continue;
      const sight = sights.find(({ at }) => at >= from && at < to);
      if (sight) yield { chain, ...sight };
    }
  }

  get span(): { first: number; last: number; until: string } | undefined {
    return this.#first && this.#last
      ? { first: this.#first.number, last: this.#last.number, until: this.#last.at }
      : undefined;
  }
}
