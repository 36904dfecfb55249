/** An intent's events: all so far, and live until its end. */

import type { HoldpointClient, IntentEvent } from '../sdk/index.ts';
import type { At } from './contexts.ts';
import { untilInterrupted } from './interrupt.ts';
import { exitCodes, plain, tell } from './outcome.ts';
import { progress } from './progress.ts';
import { timelineWriter } from './timeline.ts';

/** The most that one answer of the API has. */
const pageSize = 1000;

/** All of them, in order. */
export async function eventsOf(client: HoldpointClient, id: string): Promise<IntentEvent[]> {
  const events: IntentEvent[] = [];
  for (;;) {
    const page = await client.events(id, { since: events.at(-1)?.seq ?? 0, limit: pageSize });
    events.push(...page);
    if (page.length < pageSize) return events;
  }
}

/** Writes events as they come; with `--json` each as a line. Sets the exit code by how it ended. */
export async function watchIntent(client: HoldpointClient, id: string, since: number, { json }: At): Promise<void> {
  await untilInterrupted(async (signal) => {
    const shown = progress('Nothing yet');
    const write = timelineWriter((line) => void process.stdout.write(`${line}\n`));
    const onEvent = (event: IntentEvent) => {
      shown.above(() => (json ? tell(true, event, '') : write(event)));
      shown.say(waitingFor(event));
    };
    try {
      // Where `since` was its last event of all, none tells how it ended.
      const { status } = await client.waitFor(id, { since, signal, onEvent });
      if (status !== 'COMPLETED') process.exitCode = exitCodes.ended;
    } finally {
      shown.stop();
    }
  });
}

const waitingFor = ({ status, pending_with }: IntentEvent): string =>
  pending_with ? plain(`Waits for ${pending_with.name}`) : `Is ${status}`;
