/** Every decision of a period as a row, with who was notified for it and under which policy: read off an intent's records. */

import { overlapSeconds } from './checkpoint.ts';
import type { Json, JsonObject } from './json.ts';
import { unspecified } from './tasks.ts';

/** One message that was accepted for the decider before they decided. */
interface Notification {
  at: string;
  why: string;
  /** The rung of the ladder that asked for it, from 1, and which declaration it is from; null and empty where none did. */
  rung: number | null;
  level: string;
  /** Places, as the record has them; `erased` where that was erased. */
  to: string[];
  message_id: string;
}

export interface DecisionRow {
  /** ISO 8601, UTC. */
  at: string;
  /** `<tenant>#<intentId>` and the record's number in it: where the proof is. */
  chain: string;
  record: number;
  intent_type: string;
  task_id: string;
  /** Which time the intent was asked about, from 1. */
  revision: number;
  /** Of the chain of those who must agree, from 1; null where a record from before steps were kept says nothing of it. */
  step: number | null;
  /** Hash of what was decided on. */
  subject_hash: string;
  policy_version: string;
  /** True where it ended the task; false where others were still needed. */
  concluded: boolean;
  outcome: string;
  reason_code: string;
  comment: string;
  /** `ladder` where nobody decided and the service level did. */
  decided_by: string;
  /** In whose place; empty where it was their own to decide. */
  decided_for: string;
  /** How they were identified. */
  via: string;
  /** Of the decider; none where they were erased, since then nothing says any more which were theirs. */
  notifications: Notification[];
}

/** A record as a reader sees it: what was erased stands as its salted hash. */
export interface ReadRecord {
  chain: string;
  seq: number;
  at: string;
  action: string;
  data: JsonObject;
}

/** Whether a record is of a decision: a person's, each of several, and that of a ladder's end. */
export const isDecision = (action: string): boolean => decisions.has(action);
const decisions = new Set(['task.decided', 'task.voted', 'task.defaulted']);

/**
 * Until when all decisions are known by a time: what was committed later may still be on its way, by a clock that may be off,
 * to the index. ISO 8601, UTC.
 */
export const settledBy = (now: string): string => new Date(Date.parse(now) - overlapSeconds * 1000).toISOString();

/** The decisions of one chain, whose records are whole and in order, from `from` on and before `to`. */
export function decisionsIn(records: readonly ReadRecord[], { from, to }: { from: string; to: string }): DecisionRow[] {
  let type = '';
  let policy = '';
  let revision = 1;
  const told = new Map<string, Notification[]>();
  return records.flatMap(({ chain, seq, at, action, data }): DecisionRow[] => {
    type ||= text(data.type);
    policy = text(data.policy_version) || policy;
    revision = Number(/\.r?(\d+)$/.exec(text(data.task_id))?.[1] ?? revision);
    const about = `${text(data.task_id)} ${text(data.person)}`;
    if (action === 'approver.notified') told.set(about, [...(told.get(about) ?? []), notificationOf(at, data)]);
    if (!isDecision(action)) return [];
    if (at < from || at >= to) return [];
    return [
      {
        at,
        chain,
        record: seq,
        intent_type: type,
        task_id: text(data.task_id),
        revision,
        step: typeof data.step === 'number' ? data.step + 1 : null,
        subject_hash: text(data.subject_hash),
        policy_version: policy,
        concluded: action !== 'task.voted',
        outcome: text(data.outcome),
        ...(action === 'task.defaulted' ? byNobody : bySomebody(data)),
        notifications: isErased(data.decided_by)
          ? []
          : (told.get(`${text(data.task_id)} ${text(data.decided_by)}`) ?? []),
      },
    ];
  });
}

const bySomebody = ({ reason_code, comment, decided_by, decided_for, via }: JsonObject) => ({
  reason_code: text(reason_code),
  comment: text(comment),
  decided_by: text(decided_by),
  decided_for: text(decided_for),
  via: text(via),
});

const byNobody = {
  reason_code: unspecified,
  comment: '',
  decided_by: 'ladder',
  decided_for: '',
  via: 'service level',
};

const notificationOf = (at: string, { why, rung, level, sent_to, message_id }: JsonObject): Notification => ({
  at,
  why: text(why),
  rung: typeof rung === 'number' ? rung : null,
  level: text(level),
  to: Array.isArray(sent_to) ? sent_to.map(text) : [],
  message_id: text(message_id),
});

const isErased = (value: Json | undefined): boolean => typeof value === 'object' && value !== null;

/** What was erased is named so; what is absent is empty. */
const text = (value: Json | undefined): string => {
  if (value === undefined || value === null) return '';
  return isErased(value) ? 'erased' : String(value);
};

/** Columns in their order; notifications as one cell. */
const columns = [
  'at',
  'chain',
  'record',
  'intent_type',
  'task_id',
  'revision',
  'step',
  'subject_hash',
  'policy_version',
  'concluded',
  'outcome',
  'reason_code',
  'comment',
  'decided_by',
  'decided_for',
  'via',
] as const satisfies readonly (keyof DecisionRow)[];

export const csvHeader = `${[...columns, 'notifications'].join(',')}\r\n`;

/** A row of CSV (RFC 4180). What a spreadsheet would take for a formula begins with an apostrophe. */
export const csvOf = (row: DecisionRow): string => {
  const notified = row.notifications.map(
    ({ at, why, rung, level, to, message_id }) =>
      `${at} ${why}${rung === null ? '' : ` (rung ${rung}, ${level})`} to ${to.join(' ')} ${message_id}`,
  );
  return `${[...columns.map((name) => String(row[name] ?? '')), notified.join('; ')].map(cell).join(',')}\r\n`;
};

const cell = (value: string): string => {
  const plain = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
};
