/** What the end of an intent owes whichever rule ends it: its answer, a word to the procedure that it is a step of, and an end of its own open step. */

import type { Head, OutboxRow } from './model.ts';
import type { Progress } from './procedure.ts';
import { replyRow } from './reply.ts';

type Owed = Omit<OutboxRow, 'traceId' | 'attempts'>;

/** Milliseconds until it is overdue. */
const graceMs = 60_000;

/** Those that are a part of it are withdrawn too. */
export const partsRow = (now: string): Owed => ({
  key: 'cancel#parts',
  kind: 'cancel',
  dueAt: Date.parse(now) + graceMs,
  body: {},
});

/** The procedure goes on with what this step came to. */
const stepEndedRow = (procedure: string, now: string): Owed => ({
  key: 'wake#procedure',
  kind: 'wake',
  dueAt: Date.parse(now) + graceMs,
  body: { procedure },
});

/** The run that waits in a step is told that there is nothing left to do. */
export const runEndsRow = (begun: number, now: string): Owed => ({
  key: 'wake#ends',
  kind: 'wake',
  dueAt: Date.parse(now) + graceMs,
  body: { step: begun },
});

/** As things are with the commit that ends it. */
export function endRows(head: Head, procedure: Progress | undefined, now: string): Owed[] {
  const openPart = procedure?.now?.part !== undefined && !procedure.now.ended;
  return [
    ...(head.replies ? [replyRow(now)] : []),
    ...(head.stepOf === undefined ? [] : [stepEndedRow(head.stepOf, now)]),
    ...(openPart ? [partsRow(now)] : []),
    // What is frozen has told it already.
    ...(procedure?.token === undefined || head.frozen ? [] : [runEndsRow(procedure.begun, now)]),
  ];
}
