import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Config } from '../config.ts';

/** The sections of docs/runbook.md; a test compares them with its headings. */
export const runbookSections = [
  'ParkedRecords',
  'RunsDeadLetters',
  'MailDeadLetters',
  'DeliverDeadLetters',
  'PushDeadLetters',
  'AnnounceDeadLetters',
  'CallbacksDeadLetters',
  'UndeliverableMails',
  'StuckRuns',
  'Checkpoints',
  'RunsFailed',
  'FunctionErrors',
  'ApiErrors',
] as const;

export interface RunbookAlarmProps {
  section: (typeof runbookSections)[number];
  config: Config;
  /** One sentence for whoever is woken by it. */
  says: string;
  metric: IMetric;
  /** Reaching it is alarming. */
  threshold: number;
  /** Periods in a row. */
  periods?: number;
  /** Alarming too: that there is no data. */
  missingIsAlarming?: boolean;
}

/** How often an alarm looks. */
export const alarmPeriod = Duration.minutes(5);

/** An alarm whose description leads to the section of the runbook that says what to do. */
export function runbookAlarm(scope: Construct, id: string, props: RunbookAlarmProps): Alarm {
  const alarm = new Alarm(scope, `${id}Alarm`, {
    alarmDescription: `${props.says} docs/runbook.md#${props.section.toLowerCase()}`,
    metric: props.metric,
    threshold: props.threshold,
    evaluationPeriods: props.periods ?? 1,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: props.missingIsAlarming ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
  });
  const { alarmTopicArn } = props.config;
  if (alarmTopicArn) alarm.addAlarmAction(new SnsAction(Topic.fromTopicArn(scope, `${id}Topic`, alarmTopicArn)));
  return alarm;
}
