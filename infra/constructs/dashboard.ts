import { Duration } from 'aws-cdk-lib';
import {
  Dashboard,
  GraphWidget,
  type IMetric,
  MathExpression,
  PeriodOverride,
  SingleValueWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { metricsNamespace } from './node-function.ts';

const period = Duration.minutes(5);
const width = 12;

/** All series of a custom metric, whatever their dimensions. */
const search = (metricName: string, statistic: string): string =>
  `SEARCH('Namespace="${metricsNamespace}" MetricName="${metricName}"', '${statistic}', ${period.toSeconds()})`;

const math = (expression: string, label: string): MathExpression =>
  new MathExpression({ expression, label, period, usingMetrics: {} });

/** One line per combination of dimensions. */
const each = (metricName: string, statistic = 'Sum') => math(search(metricName, statistic), '');
/** One line for all of them. */
const total = (metricName: string, label: string) => math(`SUM(${search(metricName, 'Sum')})`, label);

/** What happens in this deployment, at a glance. */
export class Overview extends Construct {
  constructor(scope: Construct, id: string, props: { deadLetters: Record<string, Queue> }) {
    super(scope, id);
    const graph = (title: string, left: IMetric[], unit: string) =>
      new GraphWidget({ title, left, width, leftYAxis: { label: unit, min: 0, showUnits: false } });
    const dashboard = new Dashboard(this, 'Dashboard', { periodOverride: PeriodOverride.INHERIT });
    dashboard.addWidgets(
      graph('Intents by type and outcome', [each('IntentsEnded')], 'intents'),
      graph(
        'Escalation rate',
        [
          math(
            `100 * SUM(${search('IntentsEscalated', 'Sum')}) / SUM(${search('IntentsSubmitted', 'Sum')})`,
            'asked a person',
          ),
        ],
        '% of submitted',
      ),
    );
    dashboard.addWidgets(
      graph('Time to decision', [each('DecisionSeconds', 'p50'), each('DecisionSeconds', 'p90')], 'seconds'),
      graph('Cost per completed intent', [each('IntentCostMicroUsd', 'Average')], 'millionths of a USD'),
    );
    dashboard.addWidgets(
      graph(
        'Failures',
        [
          total('ToolFailures', 'tools'),
          total('MailFailures', 'mails'),
          total('ChatFailures', 'chats'),
          total('UndeliverableMails', 'mails that came back'),
          total('EventsRefused', 'events that submitted nothing'),
        ],
        'failures',
      ),
      graph(
        'Dead letters',
        Object.entries(props.deadLetters).map(([label, queue]) =>
          queue.metricApproximateNumberOfMessagesVisible({ label, period, statistic: 'Maximum' }),
        ),
        'messages',
      ),
    );
    dashboard.addWidgets(graph('Webhooks to subscribers', [each('Callbacks')], 'tries'));
    dashboard.addWidgets(
      new SingleValueWidget({ title: 'Overdue now', metrics: [total('OverdueHeads', 'intents')], width }),
      graph('Checkpoints', [each('CheckpointHours', 'Maximum')], 'hours since the one before'),
    );
  }
}
