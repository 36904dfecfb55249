/** Checks a bundle as it is read. What it keeps in memory is one chain, and where the checkpoints saw chains stand. */

import type { KeyObject } from 'node:crypto';
import type { StoredEntry } from '../../adapters/audit.ts';
import type { SealedRecord } from '../../core/audit.ts';
import { type BundleHead, checkpointLine, endLine, headLine } from './bundle-file.ts';
import { entryIn, tipLine } from './chain-file.ts';
import { linesIn, parsedLine } from './lines.ts';
import { judge } from './verdict.ts';
import { Witnesses } from './witnesses.ts';

/** What is wrong, and where: with a record of a chain, a checkpoint, or the file. */
export interface BundleFault {
  chain?: string;
  /** Of the record; 0: the chain as a whole. */
  seq?: number;
  checkpoint?: number;
  fault: string;
}

export interface BundleVerdict {
  ok: boolean;
  bundle: BundleHead | undefined;
  chains: number;
  records: number;
  checkpoints: { first: number; last: number; until: string } | undefined;
  /** Records that no checkpoint has seen yet: what changed since the last one. */
  unwitnessed: number;
  personal: { open: number; erased: number };
  /** The first ones; `more` says how many others there are. */
  faults: BundleFault[];
  more: number;
}

/** A forger's bundle may have a fault in every line: these are told. */
const maxFaults = 100;

/** Never throws for what a bundle holds, only where it can't be read. */
export async function verifyBundle(bytes: AsyncIterable<Uint8Array>, key: KeyObject): Promise<BundleVerdict> {
  const check = new Check(key);
  let line = 0;
  try {
    for await (const text of linesIn(bytes)) {
      line += 1;
      const value = parsedLine(text);
      if (value === undefined) check.wrong({ fault: `line ${line} is not written as it was exported` });
      check.take(value ?? null);
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    check.wrong({ fault: `line ${line + 1} is not UTF-8` });
  }
  return check.end();
}

class Check {
  readonly #witnesses: Witnesses;
  readonly #faults: BundleFault[] = [];
  #more = 0;
  #head: BundleHead | undefined;
  #ended: { chains: number; records: number } | undefined;
  #open: StoredEntry[] = [];
  readonly #chains = new Set<string>();
  #records = 0;
  #unwitnessed = 0;
  readonly #personal = { open: 0, erased: 0 };

  constructor(key: KeyObject) {
    this.#witnesses = new Witnesses(key);
  }

  wrong(fault: BundleFault): void {
    if (this.#faults.length < maxFaults) this.#faults.push(fault);
    else this.#more += 1;
  }

  take(value: unknown): void {
    if (this.#ended) this.wrong({ fault: 'goes on after its end' });
    else if (this.#head) this.#goOn(value);
    else this.#begin(value);
  }

  #goOn(value: unknown): void {
    const checkpoint = checkpointLine.safeParse(value);
    if (checkpoint.success) {
      if (this.#chains.size > 0 || this.#open.length > 0) this.wrong({ fault: 'has a checkpoint among its chains' });
      this.#witnesses.add(checkpoint.data);
      return;
    }
    const tip = tipLine.safeParse(value);
    this.#ended = endLine.safeParse(value).data?.end;
    if (tip.success) this.#judge(tip.data);
    else if (!this.#ended) this.#open.push(entryIn(value));
  }

  #begin(value: unknown): void {
    const head = headLine.safeParse(value);
    if (!head.success) this.wrong({ fault: 'does not begin with the line that says what it is' });
    // Without it everything else is still read, as a bundle of all times.
    this.#head = head.data?.bundle ?? {
      v: 1,
      exportedAt: '9999-01-01T00:00:00.000Z',
      from: '0000-01-01T00:00:00.000Z',
      to: '9999-01-01T00:00:00.000Z',
      tenant: null,
    };
    if (!head.success) this.#goOn(value);
  }

  /** A chain is whole: its tip has come. */
  #judge({ chain, tip }: { chain: string; tip: { seq: number; hash: string } }): void {
    const entries = this.#open;
    this.#open = [];
    if (this.#chains.has(chain)) this.wrong({ chain, seq: 0, fault: 'stands there a second time' });
    this.#chains.add(chain);
    this.#records += entries.length;
    const tenant = this.#head?.tenant ?? null;
    if (tenant !== null && !chain.startsWith(`${tenant}#`))
      this.wrong({ chain, seq: 0, fault: `is not of the tenant ${tenant}` });
    const seen = this.#witnesses.of(chain);
    const { faults, marks } = judge({ chain, entries, tip, tipIn: 'export', witnesses: seen });
    for (const { is } of marks) if (is !== 'altered') this.#personal[is] += 1;
    for (const [index, { record }] of entries.entries()) {
      const { at } = (record ?? {}) as Partial<SealedRecord>;
      const fault = this.#witnesses.overlooked(chain, { seq: index + 1, at: String(at) });
      if (fault !== undefined) faults.push({ seq: index + 1, fault });
    }
    this.#unwitnessed += entries.length - Math.min(entries.length, Math.max(0, ...seen.map(({ seq }) => seq)));
    for (const { seq, fault } of faults.toSorted((a, b) => a.seq - b.seq)) this.wrong({ chain, seq, fault });
  }

  end(): BundleVerdict {
    if (!this.#head) this.take(null);
    if (this.#open.length > 0) this.wrong({ fault: 'ends in the middle of a chain: it is cut' });
    const { chains, records } = this.#ended ?? {};
    if (!this.#ended) this.wrong({ fault: 'has no last line: it is cut' });
    else if (chains !== this.#chains.size || records !== this.#records)
      this.wrong({ fault: `says that it has ${chains} chains and ${records} records, and has others` });
    const head = this.#head as BundleHead;
    for (const { chain, seq, by } of this.#witnesses.changed(head))
      if (!this.#chains.has(chain))
        this.wrong({ chain, seq, fault: `is missing with its whole chain: ${by} has seen it` });
    // What witnesses is told of first.
    const faults = [...this.#witnesses.faults(head), ...this.#faults];
    return {
      ok: faults.length === 0,
      bundle: this.#head,
      chains: this.#chains.size,
      records: this.#records,
      checkpoints: this.#witnesses.span,
      unwitnessed: this.#unwitnessed,
      personal: this.#personal,
      faults: faults.slice(0, maxFaults),
      more: this.#more + Math.max(0, faults.length - maxFaults),
    };
  }
}
