/**
 * An exported chain: one sealed record a line, with the personal data that stands beside it, then one line with the tip. Every line is canonical JSON (RFC 8785), so
 * that there is one way to write it and no byte can change unseen.
 */

import * as z from 'zod';
import type { StoredEntry } from '../../adapters/audit.ts';
import type { ChainTip } from '../../core/audit.ts';
import { canonicalJson } from '../../core/json.ts';

export interface ExportedChain {
  /** As the tip line says, or the first record if that line is missing; undefined if neither does. */
  chain: string | undefined;
  entries: StoredEntry[];
  tip: ChainTip | undefined;
  /** When it was exported: a note, which nothing proves. */
  exportedAt: string | undefined;
  /** What is wrong with the file as a file; `seq` counts lines. */
  faults: { seq: number; fault: string }[];
}

/** Shown on terminals: nothing in it may be more than text. */
const chainName = z.string().regex(/^[A-Za-z0-9._/-]+#[A-Za-z0-9._-]+$/);

const tipLine = z.strictObject({
  chain: chainName,
  exportedAt: z.iso.datetime(),
  tip: z.strictObject({ seq: z.int().min(0), hash: z.string() }),
});

/** The lines of an export. Throws TypeError where a record holds what JSON can't. */
export function exportLines(chain: string, entries: readonly StoredEntry[], tip: ChainTip, exportedAt: string): string {
  return [...entries, { chain, exportedAt, tip }].map((line) => `${canonicalJson(line)}\n`).join('');
}

/** Reads an export. Never throws: what can't be read is a fault. */
export function readExport(bytes: Uint8Array): ExportedChain {
  const faults: ExportedChain['faults'] = [];
  const values = linesOf(bytes, faults).map((line, index) => {
    const value = canonicalValue(line);
    if (value === undefined) faults.push({ seq: index + 1, fault: 'is not written as it was exported' });
    return value ?? null;
  });
  const last = tipLine.safeParse(values.at(-1));
  if (last.success) values.pop();
  else faults.push({ seq: values.length, fault: 'is not the line with the tip that ends an export: the end is cut' });
  const entries = values.map(entryIn);
  return {
    chain: last.data?.chain ?? z.object({ chain: chainName }).safeParse(entries[0]?.record).data?.chain,
    entries,
    tip: last.data?.tip,
    exportedAt: last.data?.exportedAt,
    faults,
  };
}

const entryLine = z.strictObject({ record: z.unknown(), personal: z.array(z.unknown()) });

/** Before personal data stood beside the records, a line was a record. */
const entryIn = (value: unknown): StoredEntry => entryLine.safeParse(value).data ?? { record: value, personal: [] };

function linesOf(bytes: Uint8Array, faults: ExportedChain['faults']): string[] {
  try {
    // A byte order mark is a byte more than was exported.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.replace(/\n$/, '').split('\n');
  } catch {
    faults.push({ seq: 0, fault: 'is not UTF-8' });
    return [];
  }
}

function canonicalValue(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    return canonicalJson(value) === line ? value : undefined;
  } catch {
    return undefined;
  }
}
