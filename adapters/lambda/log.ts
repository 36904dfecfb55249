import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { SealedCommit } from '../../core/commit.ts';
import { costMicroUsd } from '../../core/cost.ts';

/** JSON lines; POWERTOOLS_SERVICE_NAME names the function. Never give it a link, a key or a token. */
export const log = new Logger();

/** Namespace and service come from the environment. Marked, so that a bundle that measures nothing goes without it. */
const metrics = /* @__PURE__ */ new Metrics();

/** Emits one metric with its dimensions at once (embedded metric format: a log line, no call). */
export function measure(
  name: string,
  value: number,
  dimensions: Record<string, string> = {},
  unit: (typeof MetricUnit)[keyof typeof MetricUnit] = MetricUnit.Count,
): void {
  const single = metrics.singleMetric();
  for (const [key, dimension] of Object.entries(dimensions)) single.addDimension(key, dimension);
  single.addMetric(name, unit, value);
}

const ended: Record<string, string> = {
  'intent.completed': 'completed',
  'intent.failed': 'failed',
  'intent.canceled': 'canceled',
  'intent.timed_out': 'timed_out',
};

/** What the dashboard counts, told by each commit from its events: outcomes, escalations, times, tool failures, cost. */
export function measureCommit({ head, events, record, writes }: SealedCommit): void {
  log.info(record.action, {
    intentId: head.intentId,
    seq: head.seq,
    auditSeq: head.auditSeq,
    generation: head.generation,
  });
  for (const event of events) {
    if (event.type === 'intent.submitted') measure('IntentsSubmitted', 1, { type: head.type });
    if (event.type === 'intent.human_task_assigned') measure('IntentsEscalated', 1, { type: head.type });
    const outcome = ended[event.type];
    if (outcome === undefined) continue;
    measure('IntentsEnded', 1, { type: head.type, outcome });
    if (outcome === 'completed') measure('IntentCostMicroUsd', costMicroUsd(head), { type: head.type });
  }
  if (writes.task?.decision)
    measure(
      'DecisionSeconds',
      (Date.parse(writes.task.decision.at) - Date.parse(writes.task.openedAt)) / 1000,
      { type: head.type },
      MetricUnit.Seconds,
    );
  if (writes.effect && ['FAILED', 'UNKNOWN'].includes(writes.effect.row.state))
    measure('ToolFailures', 1, { tool: writes.effect.row.tool, state: writes.effect.row.state });
}
