/** Results as a run could have found them. */

import type { Results } from '../../bench/results.ts';

const levels = [10, 1000];

/** Holdpoint takes `slower` times as long as the bare sample, and `grown` times as long where more wait. */
export function someResults({ slower = 1.5, grown = 1 } = {}): Results {
  const samples = Array.from({ length: 20 }, (_, at) => at + 1).flatMap((run) =>
    levels.flatMap((level) => {
      const bare = 100 + (run % 5);
      const ours = bare * slower * (level === 1000 ? grown : 1);
      const all = (time: number) => ({
        submit: time,
        mail: 3 * time,
        decide: time,
        decided: 2 * time,
        refund: 4 * time,
      });
      return [
        { level, run, side: 'holdpoint' as const, ...all(ours), health: 5 },
        { level, run, side: 'bare' as const, ...all(bare) },
      ];
    }),
  );
  return {
    setup: {
      date: '2026-11-22T10:00:00.000Z',
      versions: { Holdpoint: '0.1.0' },
      machine: '2 × Some CPU, 8 GiB',
      load: 0.2,
      runs: 20,
      levels,
      rows: { holdpoint: 4, bare: 1 },
    },
    samples,
    counted: [
      {
        side: 'holdpoint',
        path: 'approval',
        submitChain: [2, 3, 2],
        decideChain: [3, 4, 3],
        calls: { api: 2, approvals: 3 },
        states: ['ESCALATE_TO_HUMAN'],
        transitions: 3,
        writeUnits: 90,
        indexUnits: 10,
        pricedWriteUnits: 90,
      },
      {
        side: 'holdpoint',
        path: 'delegation, claimed',
        submitChain: [2],
        otherChains: { claim: [5, 4], answer: [6, 6] },
        calls: { api: 10, deliver: 8 },
        states: ['AWAIT_ANSWER', 'ENDED'],
        transitions: 4,
        writeUnits: 60,
        indexUnits: 4,
      },
      {
        side: 'bare',
        path: 'refund',
        submitChain: [1],
        calls: {},
        states: ['TASK'],
        transitions: 3,
        writeUnits: 0,
        indexUnits: 0,
      },
    ],
    functions: [
      {
        name: 'api',
        bytes: 500_000,
        clients: ['@aws-sdk/client-dynamodb', '@aws-sdk/lib-dynamodb'],
        milliseconds: [110, 120, 115],
        emptyMilliseconds: [100, 105, 102],
      },
    ],
  };
}
