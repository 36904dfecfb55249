/** Requests that schemathesis makes from docs/openapi.json, right ones and wrong ones, and what it says of the answers. */

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePython } from '../../local/python.ts';

const root = join(import.meta.dirname, '..', '..');

/** The interpreter of an environment of its own, made once. */
const python = (): Promise<string> =>
  ensurePython(
    undefined,
    join(root, '.holdpoint', 'schemathesis-venv'),
    join(root, 'local', 'schemathesis-requirements.txt'),
  );

export interface Asked {
  baseUrl: string;
  /** `${…}` of schemathesis.toml. */
  secrets: Record<string, string>;
  /** Values that schemathesis.toml takes for parameters, by name. */
  dictionaries: Record<string, string[]>;
  /** What is asked, by its id. */
  operations: readonly string[];
  /** Of each operation. */
  examples: number;
  /** Also each edge of each schema, one by one. */
  edges: boolean;
  timeoutSeconds: number;
}

/** How many answers to right requests took them, knew nobody of that id, contradicted, or refused. */
interface Rate {
  accepted: number;
  unreachable: number;
  conflicts: number;
  rejected: number;
}

export interface Found {
  /** 0 where nothing was found. */
  code: number | null;
  /** What was found, with the request that finds it again. */
  said: string;
  generated: number;
  /** Operations that were asked. */
  tested: number;
  /** By operation (`GET /v1/intents`). */
  rates: Record<string, Rate>;
}

interface Report {
  test_cases: { generated: number };
  operations: { tested: number };
  valid_rates: Record<string, Record<string, Rate>>;
}

/** The same requests each time: what differs is the ids in the dictionaries. */
const seed = 1;

/** Processes side by side, each with its own part of the operations. */
const processes = 2;

/** Asks all of it; rejects only where schemathesis itself fails. */
export async function askAll(asked: Asked): Promise<Found> {
  const parts = Array.from({ length: processes }, (_, part) =>
    asked.operations.filter((_, n) => n % processes === part),
  ).filter((part) => part.length > 0);
  // An environment that is not there yet is made once.
  await python();
  const found = await Promise.all(parts.map((operations) => askPart({ ...asked, operations })));
  const failed = found.find(({ code }) => code !== 0);
  return {
    code: failed ? failed.code : 0,
    said: found.map(({ said }) => said).join('\n'),
    generated: found.reduce((sum, { generated }) => sum + generated, 0),
    tested: found.reduce((sum, { tested }) => sum + tested, 0),
    rates: Object.assign({}, ...found.map(({ rates }) => rates)),
  };
}

async function askPart(asked: Asked): Promise<Found> {
  const dir = mkdtempSync(join(tmpdir(), 'holdpoint-schemathesis-'));
  try {
    const config = join(dir, 'schemathesis.toml');
    writeFileSync(config, configOf(asked.dictionaries));
    const report = join(dir, 'report.json');
    const { code, said } = await run(await python(), argumentsOf(asked, config, report), dir, asked);
    const { test_cases, operations, valid_rates } = JSON.parse(readFileSync(report, 'utf8')) as Report;
    const rates = Object.fromEntries(
      Object.entries(valid_rates).map(([name, byPhase]) => [name, sumOf(Object.values(byPhase))]),
    );
    return { code, said, generated: test_cases.generated, tested: operations.tested, rates };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A list of texts is written in TOML as in JSON. */
const configOf = (dictionaries: Asked['dictionaries']): string =>
  Object.entries(dictionaries).reduce(
    (text, [name, values]) => `${text}\n[dictionaries.${name}]\nvalues = ${JSON.stringify(values)}\n`,
    readFileSync(join(import.meta.dirname, 'schemathesis.toml'), 'utf8'),
  );

function argumentsOf({ baseUrl, operations, examples, edges }: Asked, config: string, report: string): string[] {
  const named = operations.flatMap((name) => ['--include-operation-id', name]);
  return [
    ...['-m', 'schemathesis.cli', '--config-file', config, 'run', join(root, 'docs', 'openapi.json')],
    ...['--url', baseUrl, '--no-color'],
    ...['--phases', edges ? 'coverage,fuzzing' : 'fuzzing', '--max-examples', String(examples), '--seed', String(seed)],
    ...['--report', 'json', '--report-json-path', report, ...named],
  ];
}

const run = (command: string, args: string[], cwd: string, { secrets, timeoutSeconds }: Asked) =>
  new Promise<Pick<Found, 'code' | 'said'>>((done) => {
    const env = { ...process.env, ...secrets };
    const child = execFile(
      command,
      args,
      { cwd, env, timeout: timeoutSeconds * 1000, maxBuffer: 2 ** 26 },
      (_error, said, besides) => done({ code: child.exitCode, said: `${said}${besides}` }),
    );
  });

const sumOf = (rates: Rate[]): Rate =>
  rates.reduce((sum, one) => ({
    accepted: sum.accepted + one.accepted,
    unreachable: sum.unreachable + one.unreachable,
    conflicts: sum.conflicts + one.conflicts,
    rejected: sum.rejected + one.rejected,
  }));
