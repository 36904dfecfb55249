/** The statuses of an intent and the only ways between them (AXP lifecycle). Every commit asks this table. */

export const statuses = [
  'CREATED',
  'SUBMITTED',
  'DELIVERED',
  'ACKNOWLEDGED',
  'IN_PROGRESS',
  'WAITING',
  'COMPLETED',
  'FAILED',
  'CANCELED',
  'TIMED_OUT',
] as const;
export type Status = (typeof statuses)[number];

export const waitingReasons = [
  'WAITING_FOR_HUMAN',
  'WAITING_FOR_TOOL',
  'WAITING_FOR_AGENT',
  'WAITING_FOR_TIME',
] as const;
export type WaitingReason = (typeof waitingReasons)[number];

export const eventTypes = [
  'intent.created',
  'intent.submitted',
  'intent.delivered',
  'intent.acknowledged',
  'intent.in_progress',
  'intent.waiting',
  'intent.completed',
  'intent.failed',
  'intent.canceled',
  'intent.timed_out',
  'intent.timeout',
  'intent.transfer',
  'intent.reminder',
  'intent.escalated',
  'intent.delivery_failed',
  'intent.human_task_assigned',
] as const;
export type EventType = (typeof eventTypes)[number];

const terminal: ReadonlySet<Status> = new Set(['COMPLETED', 'FAILED', 'CANCELED', 'TIMED_OUT']);

/** COMPLETED from every open status is what `resolve` needs; the rest is the order of the work. */
const ways: Record<Status, readonly Status[]> = {
  CREATED: ['SUBMITTED', 'COMPLETED', 'TIMED_OUT'],
  SUBMITTED: ['DELIVERED', 'IN_PROGRESS', 'WAITING', 'COMPLETED', 'FAILED', 'CANCELED', 'TIMED_OUT'],
  DELIVERED: ['ACKNOWLEDGED', 'IN_PROGRESS', 'WAITING', 'COMPLETED', 'FAILED', 'CANCELED', 'TIMED_OUT'],
  ACKNOWLEDGED: ['IN_PROGRESS', 'WAITING', 'COMPLETED', 'FAILED', 'CANCELED', 'TIMED_OUT'],
  IN_PROGRESS: ['WAITING', 'COMPLETED', 'FAILED', 'CANCELED', 'TIMED_OUT'],
  WAITING: ['IN_PROGRESS', 'COMPLETED', 'FAILED', 'CANCELED', 'TIMED_OUT'],
  COMPLETED: [],
  FAILED: [],
  CANCELED: [],
  TIMED_OUT: [],
};

export const isTerminal = (status: Status): boolean => terminal.has(status);

/**
 * Whether an event may carry the intent from one status to another.
 * Staying in an open status is not a transition and always allowed; a terminal status is immutable, even to itself.
 */
export const mayBecome = (from: Status, to: Status): boolean =>
  isTerminal(from) ? false : from === to || ways[from].includes(to);
