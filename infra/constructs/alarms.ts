import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import type { PublicApi } from './http-api.ts';
import { metricsNamespace, type NodeFunction } from './node-function.ts';
import { alarmPeriod, runbookAlarm } from './runbook-alarm.ts';

/** Failed answers in five minutes that are no longer one client's bad luck. */
const apiErrorsThreshold = 5;

/** Failed calls in five minutes: single ones are retried by whoever called. */
const functionErrorsThreshold = 3;

/** The sweep repairs what is overdue within a minute or two; what it finds again for ten, it can't repair. */
const stuckMinutes = 10;

/** Checkpoints are made each hour; one may fail. */
const unwitnessedHours = 2;

const deadLetterSections = {
  ParkedRecords: 'An outbox row, or an event of a mail or for a door, could not be worked off and was parked.',
  RunsDeadLetters: 'Starting or waking a run failed for good.',
  MailDeadLetters: 'A mail to an approver failed for good.',
  DeliverDeadLetters: 'Delivering to an agent failed for good.',
  AnnounceDeadLetters: 'Telling the bus or subscribers of an event failed for good.',
  CallbacksDeadLetters: 'A subscriber did not take an event for a whole night.',
  PushDeadLetters: "Pushing a delivery to an agent's receiver failed for good.",
};
type DeadLetterSection = keyof typeof deadLetterSections;

export interface AlarmsProps {
  config: Config;
  deadLetters: Record<DeadLetterSection, Queue>;
  /** Functions whose failures nothing else tells: no queue, no run and no caller keeps them. */
  watched: readonly NodeFunction[];
  api: PublicApi;
}

/** The alarms of the main stack; each intent type has one of its own. Few, because each costs and each must mean something. */
export class Alarms extends Construct {
  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { config } = props;
    for (const [section, says] of Object.entries(deadLetterSections) as [DeadLetterSection, string][]) {
      runbookAlarm(this, section, {
        section,
        config,
        says,
        metric: props.deadLetters[section].metricApproximateNumberOfMessagesVisible({
          period: alarmPeriod,
          statistic: 'Maximum',
        }),
        threshold: 1,
      });
    }
    runbookAlarm(this, 'UndeliverableMails', {
      section: 'UndeliverableMails',
      config,
      says: "Mails to an approver's address come back; others are asked in their place.",
      metric: new Metric({
        namespace: metricsNamespace,
        metricName: 'UndeliverableMails',
        dimensionsMap: { service: 'mail-events' },
        period: alarmPeriod,
        statistic: 'Sum',
      }),
      threshold: 1,
    });
    runbookAlarm(this, 'StuckRuns', {
      section: 'StuckRuns',
      config,
      says: `Intents have been overdue for ${stuckMinutes} minutes, or the sweep does not run.`,
      metric: new Metric({
        namespace: metricsNamespace,
        metricName: 'OverdueHeads',
        dimensionsMap: { service: 'sweep' },
        period: Duration.minutes(1),
        statistic: 'Maximum',
      }),
      threshold: 1,
      periods: stuckMinutes,
      missingIsAlarming: true,
    });
    runbookAlarm(this, 'Checkpoints', {
      section: 'Checkpoints',
      config,
      says: `For more than ${unwitnessedHours} hours no checkpoint has witnessed the audit chains.`,
      metric: new Metric({
        namespace: metricsNamespace,
        metricName: 'CheckpointHours',
        dimensionsMap: { service: 'checkpoint' },
        period: Duration.hours(1),
        statistic: 'Maximum',
      }),
      threshold: unwitnessedHours,
      periods: unwitnessedHours,
      missingIsAlarming: true,
    });
    for (const watched of props.watched) {
      runbookAlarm(this, `FunctionErrors-${watched.name}`, {
        section: 'FunctionErrors',
        config,
        says: `functions/${watched.name} keeps failing.`,
        metric: watched.function.metricErrors({ period: alarmPeriod, statistic: 'Sum' }),
        threshold: functionErrorsThreshold,
      });
    }
    runbookAlarm(this, 'ApiErrors', {
      section: 'ApiErrors',
      config,
      says: 'The API or the approval pages answer with errors of their own.',
      metric: props.api.serverErrors().with({ period: alarmPeriod, statistic: 'Sum' }),
      threshold: apiErrorsThreshold,
    });
  }
}
