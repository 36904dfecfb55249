/** What the sandbox keeps on disk: its state, and a log of every request it received. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededState } from './charges.ts';
import type { FaultKind, LoggedRequest, State } from './types.ts';

export type Store = {
  state: State;
  /** Oldest first. */
  requests: LoggedRequest[];
  /** Writes the state: to another file, then renamed, so that a crash leaves the old or the new one. */
  save(): void;
  /** Logs a request at its arrival; the returned entry is completed with `answered`. */
  received(request: Pick<LoggedRequest, 'method' | 'path' | 'idempotencyKey' | 'body'>): LoggedRequest;
  answered(entry: LoggedRequest, outcome: { status: number | null; fault: FaultKind | null; replayed: boolean }): void;
  /** Back to the seeded charges, no refunds, no keys, no faults, an empty log. */
  reset(): void;
};

/** Opens the folder `directory`, which is made if needed; an empty one is seeded. */
export function openStore(directory: string): Store {
  mkdirSync(directory, { recursive: true });
  const stateFile = join(directory, 'state.json');
  const logFile = join(directory, 'requests.jsonl');
  const requests = readLog(logFile);

  const store: Store = {
    state: existsSync(stateFile) ? (JSON.parse(readFileSync(stateFile, 'utf8')) as State) : seededState(),
    requests,
    save() {
      const next = `${stateFile}.${process.pid}.next`;
      writeFileSync(next, JSON.stringify(store.state), { flush: true });
      renameSync(next, stateFile);
    },
    received(request) {
      const entry: LoggedRequest = {
        n: (requests.at(-1)?.n ?? 0) + 1,
        at: new Date().toISOString(),
        ...request,
        status: null,
        fault: null,
        replayed: false,
      };
      requests.push(entry);
      appendFileSync(logFile, `${JSON.stringify(entry)}\n`);
      return entry;
    },
    answered(entry, outcome) {
      Object.assign(entry, outcome);
      appendFileSync(logFile, `${JSON.stringify({ n: entry.n, ...outcome })}\n`);
    },
    reset() {
      store.state = seededState();
      requests.length = 0;
      writeFileSync(logFile, '');
      store.save();
    },
  };
  if (!existsSync(stateFile)) store.save();
  return store;
}

/** The log has a line for each arrival and one for each outcome, joined by `n`. A torn last line is left out. */
function readLog(file: string): LoggedRequest[] {
  const entries = new Map<number, LoggedRequest>();
  if (!existsSync(file)) return [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    let part: LoggedRequest;
    try {
      part = JSON.parse(line) as LoggedRequest;
    } catch {
      continue;
    }
    entries.set(part.n, { ...entries.get(part.n), ...part });
  }
  return [...entries.values()];
}
