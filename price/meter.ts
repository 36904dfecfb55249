/** Counts what the ledger does not see. */

import { accessLineBytes, headerBytes, lineOverheadBytes, logLineBytes } from './assumptions.ts';
import type { Written } from './output-meter.ts';

export class Meter {
  readonly calls: Record<string, number> = {};
  readonly written: Written = { bytes: 0, lines: 0, series: new Set() };
  messages = 0;
  mails = 0;
  httpRequests = 0;
  responseBytes = 0;
  traces = 0;

  call(name: string): void {
    this.calls[name] = (this.calls[name] ?? 0) + 1;
  }

  /** A request from outside that a function answers. */
  request(name: string): void {
    this.call(name);
    this.httpRequests += 1;
    this.traces += 1;
    this.#line(logLineBytes);
    this.#line(accessLineBytes);
  }

  answered(body: string): void {
    this.responseBytes += Buffer.byteLength(body) + headerBytes;
  }

  /** Outbox rows that the stream gives to dispatch, each alone: it may put several into one call, but does not promise it. */
  dispatched(rows: number): void {
    for (let row = 0; row < rows; row += 1) this.call('dispatch');
    this.traces += rows;
    this.messages += rows;
  }

  /** A message that a function works off, alone for the same reason. */
  message(name: string): void {
    this.call(name);
    this.#line(logLineBytes);
  }

  /** A line that is written outside of a commit. */
  #line(bytes: number): void {
    this.written.lines += 1;
    this.written.bytes += bytes + lineOverheadBytes;
  }
}
