/** What can be said of a chain: what is shown, and, as honestly, what can't be until signed checkpoints exist. */

import type { StoredEntry } from '../../adapters/audit.ts';
import { type ChainTip, type SealedRecord, verifyChain } from '../../core/audit.ts';
import { type Mark, marksOf } from '../../core/personal.ts';

export interface Evidence {
  chain: string;
  entries: readonly StoredEntry[];
  tip: ChainTip | undefined;
  /** Where the tip stands: whoever can write there can move it. */
  tipIn: 'head' | 'export';
  /** Hashes that somebody kept in another place, from any time. */
  witnesses: readonly ChainTip[];
  /** Found already when it was read. */
  faults?: readonly { seq: number; fault: string }[];
}

export interface Verdict {
  ok: boolean;
  chain: string;
  records: number;
  tip: ChainTip;
  faults: { seq: number; fault: string }[];
  /** Personal data beside the records: what is not open is erased, or altered, which is a fault. */
  marks: (Mark & { seq: number })[];
  /** Empty unless `ok`. */
  shown: string[];
  /** What would look the same as an untouched chain. */
  notShown: string[];
}

const isRecord = (value: unknown): value is SealedRecord => {
  const { seq, hash } = (value ?? {}) as Partial<SealedRecord>;
  return typeof seq === 'number' && typeof hash === 'string';
};
/** Stands for what is no record at all, so that it keeps its place and is found to be wrong. */
const noRecord = {} as SealedRecord;

/** Never throws, whatever the records are. */
export function judge({ chain, entries, tip, tipIn, witnesses, faults = [] }: Evidence): Verdict {
  const records = entries.map(({ record }) => (isRecord(record) ? record : noRecord));
  const verified = verifyChain(chain, records, tip);
  const marks = entries.flatMap(({ record, personal }, index) =>
    marksOf(record, personal).map((mark) => ({ seq: index + 1, ...mark })),
  );
  const altered = marks.filter(({ is }) => is === 'altered');
  const all = [
    ...faults,
    ...verified.faults,
    ...altered.map(({ seq, at }) => ({
      seq,
      fault: `stands beside personal data that was not recorded (${quoted(at)})`,
    })),
  ];
  if (!tip && tipIn === 'head') all.push({ seq: 0, fault: 'has no head that says where it ends' });
  for (const { seq, hash } of witnesses) {
    const record = records[seq - 1];
    if (!record) all.push({ seq, fault: `is missing: the chain ends at ${records.length}, a witness has seen ${seq}` });
    else if (record.hash !== hash) all.push({ seq, fault: 'has another hash than its witness' });
  }
  const ok = all.length === 0;
  const witnessed = Math.max(0, ...witnesses.map(({ seq }) => seq));
  return {
    ok,
    chain,
    records: records.length,
    tip: verified.tip,
    faults: all,
    marks,
    shown: ok ? [...shown(verified.tip, tipIn, witnessed), ...shownOf(marks)] : [],
    notShown: notShown(records.length, tipIn, witnessed),
  };
}

/** Shown on terminals: no more than text. */
const quoted = (pointer: string): string => JSON.stringify(pointer.slice(0, 100));

function shownOf(marks: readonly Mark[]): string[] {
  const erased = marks.filter(({ is }) => is === 'erased').length;
  const open = marks.length - erased;
  return [
    ...(open > 0 ? [`Each of the ${open} personal values beside the records is what was recorded.`] : []),
    ...(erased > 0 ? [`${erased} personal values are erased: the records hold their salted hashes.`] : []),
  ];
}

const placeOf = { head: "the intent's head", export: 'the last line of the export' };

const shown = (tip: ChainTip, tipIn: Evidence['tipIn'], witnessed: number): string[] => [
  `Each of the ${tip.seq} records has the hash it was sealed with and follows the one before it: none changed, dropped or swapped.`,
  `The chain ends where ${placeOf[tipIn]} says.`,
  ...(witnessed > 0
    ? [`Records 1 to ${witnessed} are those that the witness saw, also if somebody recomputed hashes.`]
    : []),
];

/** Exported for its test: each sentence must be true of a forgery that passes. */
function notShown(records: number, tipIn: Evidence['tipIn'], witnessed: number): string[] {
  const place = placeOf[tipIn];
  const cut = `Whether records ${witnessed > 0 ? `after ${witnessed} ` : ''}were cut off the end, if ${place} was rewritten with them.`;
  if (witnessed >= records && records > 0) return [cut];
  const from = witnessed > 0 ? `from record ${witnessed + 1} on` : 'of the whole chain';
  return [cut, `Whether a forger recomputed the hashes ${from}, and ${place} with them.`];
}
