/** Every decision of a period as a row, with who was notified for it and under which policy: read off an intent's records. */

import { overlapSeconds } from './checkpoint.ts';
import type { Json, JsonObject } from './json.ts';

/** One message that was accepted for the decider before they decided. */
interface Notification {
  at: string;
  why: string;
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
  /** Hash of what was decided on. */
  subject_hash: string;
  policy_version: string;
  /** True where it ended the task; false where others were still needed. */
  concluded: boolean;
  outcome: string;
  reason_code: string;
  comment: string;
  decided_by: string;
  /** How they were identified. */
  via: string;
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

/** Whether a record is of a person's decision: one that ended its task, or a vote of several. */
export const isDecision = (action: string): boolean => action === 'task.decided' || action === 'task.voted';

/**
 * Until when all decisions are known by a time: what was committed later may still be on its way, by a clock that may be off,
 * to the index. ISO 8601, UTC.
 */
export const settledBy = (now: string): string => new Date(Date.parse(now) - overlapSeconds * 1000).toISOString();

/** The decisions of one chain, whose records are whole and in order, from `from` on and before `to`. */
export function decisionsIn(records: readonly ReadRecord[], { from, to }: { from: string; to: string }): DecisionRow[] {
  let type = '';
  let policy = '';
  const told = new Map<string, Notification[]>();
  return records.flatMap(({ chain, seq, at, action, data }): DecisionRow[] => {
    type ||= text(data.type);
    policy = text(data.policy_version) || policy;
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
        subject_hash: text(data.subject_hash),
        policy_version: policy,
        concluded: action === 'task.decided',
        outcome: text(data.outcome),
        reason_code: text(data.reason_code),
        comment: text(data.comment),
        decided_by: text(data.decided_by),
        via: text(data.via),
        notifications: told.get(`${text(data.task_id)} ${text(data.decided_by)}`) ?? [],
      },
    ];
  });
}

const notificationOf = (at: string, { why, sent_to, message_id }: JsonObject): Notification => ({
  at,
  why: text(why),
  to: Array.isArray(sent_to) ? sent_to.map(text) : [],
  message_id: text(message_id),
});

/** What was erased is named so; what is absent is empty. */
const text = (value: Json | undefined): string => {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? 'erased' : String(value);
};

/** Columns in their order; notifications as one cell. */
const columns = [
  'at',
  'chain',
  'record',
  'intent_type',
  'task_id',
  'subject_hash',
  'policy_version',
  'concluded',
  'outcome',
  'reason_code',
  'comment',
  'decided_by',
  'via',
] as const satisfies readonly (keyof DecisionRow)[];

export const csvHeader = `${[...columns, 'notifications'].join(',')}\r\n`;

/** A row of CSV (RFC 4180). What a spreadsheet would take for a formula begins with an apostrophe. */
export const csvOf = (row: DecisionRow): string => {
  const notified = row.notifications.map(
    ({ at, why, to, message_id }) => `${at} ${why} to ${to.join(' ')} ${message_id}`,
  );
  return `${[...columns.map((name) => String(row[name])), notified.join('; ')].map(cell).join(',')}\r\n`;
};

const cell = (value: string): string => {
  const plain = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
};
