/** Catches what the product's logger writes, so that its bytes and metrics are counted from the real lines. */

import { lineOverheadBytes } from './assumptions.ts';

export interface Written {
  bytes: number;
  lines: number;
  /** Each `name{dimension=value,…}` that a line publishes as a metric. */
  series: Set<string>;
}

/** Runs `work` with standard output held back. */
export function meterOutput(work: () => void, written: Written): void {
  const { write } = process.stdout;
  process.stdout.write = ((chunk: string | Uint8Array) => {
    for (const line of String(chunk).split('\n')) if (line !== '') count(line, written);
    return true;
  }) as typeof write;
  try {
    work();
  } finally {
    process.stdout.write = write;
  }
}

function count(line: string, written: Written): void {
  written.lines += 1;
  written.bytes += Buffer.byteLength(line) + lineOverheadBytes;
  for (const series of seriesOf(JSON.parse(line))) written.series.add(series);
}

interface Embedded {
  _aws?: { CloudWatchMetrics: { Dimensions: string[][]; Metrics: { Name: string }[] }[] };
  [field: string]: unknown;
}

/** The metrics of a line in CloudWatch's embedded metric format. */
const seriesOf = (line: Embedded): string[] =>
  (line._aws?.CloudWatchMetrics ?? []).flatMap(({ Dimensions, Metrics }) =>
    Dimensions.flatMap((names) =>
      Metrics.map(({ Name }) => `${Name}{${names.map((name) => `${name}=${line[name]}`).join(',')}}`),
    ),
  );
