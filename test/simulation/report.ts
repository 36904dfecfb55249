/** What the simulation tells: of a failing seed what happened and how to see it again, of many seeds what they reached. */

import { type Fault, faultNames, faults } from './faults.ts';
import type { Life, Options } from './life.ts';

/** Ends that some life has to reach, or the simulation has lost a part of what it shows. */
const expectedEnds = [
  'approval COMPLETED approved',
  'approval COMPLETED rejected',
  'approval TIMED_OUT',
  'approval COMPLETED override_approved',
  'approval TIMED_OUT changes_requested',
  'approval COMPLETED approved, revised',
  'refund (allowed) COMPLETED',
  'refund (allowed) FAILED',
  'refund (approval) COMPLETED approved',
  'refund (approval) FAILED approved',
  'refund (approval) FAILED rejected',
  'refund (approval) TIMED_OUT',
  'refund (approval) TIMED_OUT changes_requested',
  'refund (approval) COMPLETED approved, revised',
  'refund (approval) CANCELED override_approved',
  'refund (denied) FAILED',
  "agent's COMPLETED",
  "agent's FAILED",
  "agent's CANCELED",
  "agent's TIMED_OUT",
  'procedure COMPLETED approved',
  'procedure FAILED rejected',
  'procedure TIMED_OUT',
  'procedure CANCELED',
  'listed in a digest',
] as const;

/** What some life has to have committed, for the same reason. */
const expectedActs = [
  'claim.granted',
  'claim.renewed',
  'claim.lost',
  'intent.delivered',
  'intent.delivery_failed',
  'delivery.reminded',
  'delivery.escalated',
  'delivery.expired',
  'agent.acknowledged',
  'agent.started',
  'agent.waiting',
  'agent.completed',
  'agent.failed',
  'agent.canceled',
  'intent.canceled',
  'thread.replied',
  'thread.delegated',
  'step.begun',
  'step.answered',
  'step.ended',
  'procedure.completed',
  'procedure.failed',
  'procedure.timed_out',
] as const;

/** Lines of a trace that are shown of a life that failed. */
const shownLines = 60;

export class Coverage {
  lives = 0;
  commits = 0;
  readonly faults = new Map<Fault, number>();
  readonly ends = new Map<string, number>();
  readonly acts = new Map<string, number>();

  add(life: Life): void {
    this.lives += 1;
    this.commits += life.commits;
    addTo(this.faults, life.faults);
    addTo(this.ends, life.ends);
    addTo(this.acts, life.acts);
  }

  /** Kinds of faults, ends and commits that no life had. */
  missing(): string[] {
    return [
      ...faultNames.filter((fault) => !this.faults.has(fault)),
      ...expectedEnds.filter((end) => !this.ends.has(end)),
      ...expectedActs.filter((act) => !this.acts.has(act)),
    ];
  }

  toString(): string {
    const line = (times: number, name: string, says: string) =>
      `${String(times).padStart(9)}  ${name.padEnd(38)} ${says}`;
    const listed = (counts: ReadonlyMap<string, number>) =>
      [...counts].sort(([a], [b]) => a.localeCompare(b)).map(([name, times]) => line(times, name, ''));
    const kinds = faultNames.map((fault) => line(this.faults.get(fault) ?? 0, fault, faults[fault].says));
    return [
      'How intents ended:',
      ...listed(this.ends),
      'What was committed:',
      ...listed(this.acts),
      'What went wrong on the way:',
      ...kinds,
    ]
      .map((one) => one.trimEnd())
      .join('\n');
  }
}

const addTo = <K>(all: Map<K, number>, counts: ReadonlyMap<K, number>): void => {
  for (const [key, times] of counts) all.set(key, (all.get(key) ?? 0) + times);
};

const commandFor = (seed: number, { profile, without = [], steps }: Options): string =>
  [
    `npm run simulate -- --seed ${seed}`,
    ...(profile === undefined ? [] : [`--profile ${profile}`]),
    ...(steps === undefined ? [] : [`--steps ${steps}`]),
    ...([...without].length > 0 ? [`--without ${[...without].join(',')}`] : []),
    '--trace',
  ].join(' ');

/** The end of the story of the intent that it is about. */
export function failureOf(life: Life, options: Options): string {
  const about = life.broken?.about?.slice(-3);
  const told = life.trace.filter(
    (line) => about === undefined || line.includes(`  ${about}  `) || line.includes('       '),
  );
  const left = told.length - shownLines;
  return [
    `Seed ${life.seed} breaks ${life.broken?.invariant}: ${life.broken?.how}`,
    ...(left > 0 ? [`… ${left} lines before`] : []),
    ...told.slice(-shownLines),
    `Again: ${commandFor(life.seed, options)}`,
  ].join('\n');
}
