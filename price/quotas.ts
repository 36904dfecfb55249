/** Which limit is hit first as intents become more, and what to do about it. */

import * as assumed from './assumptions.ts';
import type { Month } from './month.ts';
import { pathNames } from './paths.ts';
import { limitIn, type Region } from './prices.ts';
import type { Resource } from './templates.ts';
import type { Usage } from './usage.ts';

export const dailyIntents = [1_000, 100_000, 1_000_000] as const;

export interface Quota {
  what: string;
  limit: number;
  /** Read from our own templates, or one of AWS's. */
  of: 'ours' | 'AWS';
  /** What comes against the limit with one intent a day. */
  loadPerDaily: number;
  raise: string;
}

const secondsPerDay = 86_400;

/** Mean over the paths, by their shares. */
const mean = ({ shares, usages }: Month, of: (usage: Usage) => number): number =>
  pathNames.reduce((sum, name) => sum + shares[name] * of(usages[name]), 0);

export function quotasOf(month: Month, resources: readonly Resource[], region: Region): Quota[] {
  const own = ownLimits(resources);
  /** In the busiest second, for one intent a day. */
  const peak = (of: (usage: Usage) => number) => (mean(month, of) * assumed.peakFactor) / secondsPerDay;
  const calls = (name: string) => (usage: Usage) => usage.calls[name] ?? 0;
  /** Seconds that functions run for one intent; a step that reads evidence runs as long as the tool that it waits for. */
  const busy = ({ calls }: Usage) =>
    Object.entries(calls).reduce(
      (sum, [name, times]) => sum + (times * (assumed.durationMs[name] ?? 0)) / 1000,
      ((calls.read_charge ?? 0) * (assumed.durationMs.read_charge ?? 0)) / 1000,
    );
  const asks = (usage: Usage) => (usage.entered.includes('ESCALATE_TO_HUMAN') ? 1 : 0);
  const perSecond = (name: string, calls: number) => calls / ((assumed.durationMs[name] ?? 1) / 1000);
  const writes = peak((usage) => usage.writeUnits);
  const from = (what: string, of: Quota['of'], limit: number, loadPerDaily: number, raise: string): Quota => ({
    what,
    of,
    limit,
    loadPerDaily,
    raise,
  });
  const api = 'infra/constructs/http-api.ts';
  const settings = 'infra/settings.ts';
  return [
    from(
      'Mails a day',
      'AWS',
      limitIn(region, 'mailsADay'),
      mean(month, (u) => u.mails),
      'SES: sending quota (a new account: 200)',
    ),
    from(
      'Mails a second',
      'AWS',
      limitIn(region, 'mailsASecond'),
      peak((u) => u.mails),
      'SES: maximum send rate',
    ),
    from(
      'Mails worked off a second',
      'ours',
      perSecond('mail', own.mail),
      peak((u) => u.mails),
      `\`queueConcurrency.mail\` in ${settings}; a queue waits, it fails nothing`,
    ),
    from(
      'Requests a second to approval pages',
      'ours',
      own.approvals,
      peak(calls('approvals')),
      `\`approvalsThrottle\` in ${api}`,
    ),
    from('Requests a second to the API', 'ours', own.api, peak(calls('api')), `\`apiThrottle\` in ${api}`),
    from(
      'Starts and wakes worked off a second',
      'ours',
      perSecond('runs', own.runs),
      peak(calls('runs')),
      `\`queueConcurrency.runs\` in ${settings}; a queue waits, it fails nothing`,
    ),
    from(
      'StartExecution a second',
      'AWS',
      limitIn(region, 'startExecution'),
      peak(() => 1),
      'Step Functions: StartExecution',
    ),
    from(
      'SendTaskSuccess and -Failure a second',
      'AWS',
      limitIn(region, 'sendTask'),
      peak(asks),
      'Step Functions: SendTask*',
    ),
    from(
      'State transitions a second',
      'AWS',
      limitIn(region, 'transitions'),
      peak((u) => u.transitions),
      'Step Functions: state transitions (a new account has less)',
    ),
    from(
      'Open runs',
      'AWS',
      limitIn(region, 'openRuns'),
      mean(month, asks) * assumed.waitDays,
      'Step Functions: open executions',
    ),
    from(
      'Calls at the same time',
      'AWS',
      limitIn(region, 'concurrentCalls'),
      peak(busy),
      'Lambda: concurrent executions (a new account may have less)',
    ),
    from(
      'Write units a second, tables that are new',
      'AWS',
      limitIn(region, 'newTableWrites'),
      writes,
      'DynamoDB: warm throughput of the tables',
    ),
    from(
      'Write units a second and table',
      'AWS',
      limitIn(region, 'tableWrites'),
      writes,
      'DynamoDB: table-level write quota',
    ),
  ];
}

/** What of our own template lets through: requests a second, calls at the same time. */
function ownLimits(resources: readonly Resource[]): Record<'api' | 'approvals' | 'runs' | 'mail', number> {
  const stage = resources.find((one) => one.Type === 'AWS::ApiGatewayV2::Stage')?.Properties;
  const route = Object.entries<{ ThrottlingRateLimit: number }>(stage.RouteSettings).find(([key]) =>
    key.includes('/a/'),
  );
  const queueOf = (name: string) =>
    resources.find(
      (one) =>
        one.Type === 'AWS::Lambda::EventSourceMapping' &&
        JSON.stringify(one.Properties.EventSourceArn).includes(`${name}Queue`),
    )?.Properties.ScalingConfig.MaximumConcurrency;
  return {
    api: stage.DefaultRouteSettings.ThrottlingRateLimit,
    approvals: route?.[1].ThrottlingRateLimit ?? 0,
    runs: queueOf('Runs'),
    mail: queueOf('Mail'),
  };
}

/** The share of the limit that is used, where `daily` intents come in a day. */
export const usedOf = ({ loadPerDaily, limit }: Quota, daily: number): number => (loadPerDaily * daily) / limit;
