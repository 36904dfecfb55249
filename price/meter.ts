/** Counts what the ledger does not see. */

import { accessLineBytes, headerBytes, lineOverheadBytes, logLineBytes } from './assumptions.ts';
import type { Written } from './output-meter.ts';

export class Meter {
  /** Calls of each function. */
  readonly calls: Record<string, number> = {};
  /** Calls to AWS, by `<function> <action>`: what test/deployed/counted.test.ts compares with those of a real run. */
  readonly awsCalls: Record<string, number> = {};
  readonly written: Written = { bytes: 0, lines: 0, series: new Set() };
  messages = 0;
  mails = 0;
  httpRequests = 0;
  responseBytes = 0;
  traces = 0;
  /** The function whose part is done now. */
  #function = '';

  call(name: string): void {
    this.#function = name;
    add(this.calls, name);
  }

  /** The function calls AWS. */
  aws(action: string): void {
    add(this.awsCalls, `${this.#function} ${action}`);
  }

  /** The function calls another and waits for it. */
  invoke(name: string): void {
    this.aws('Invoke');
    add(this.calls, name);
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
    for (let row = 0; row < rows; row += 1) {
      this.call('dispatch');
      this.aws('SendMessage');
    }
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

const add = (counts: Record<string, number>, name: string): void => {
  counts[name] = (counts[name] ?? 0) + 1;
};
