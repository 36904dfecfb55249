/** What one intent uses on its way, counted. */

import type { Ledger } from './ledger.ts';

export interface Usage {
  /** States entered, in order. */
  entered: string[];
  transitions: number;
  /** Calls of each function. */
  calls: Record<string, number>;
  /** Calls to AWS, by `<function> <action>`. */
  awsCalls: Record<string, number>;
  writeUnits: number;
  /** Those of them that check that no stop stands. */
  checkUnits: number;
  indexUnits: number;
  readUnits: number;
  storedBytes: number;
  transactions: Ledger['transactions'];
  /** Messages that went through a queue. */
  messages: number;
  mails: number;
  httpRequests: number;
  responseBytes: number;
  logBytes: number;
  /** Traces begun: by a request from outside or by the stream. */
  traces: number;
  series: string[];
}
