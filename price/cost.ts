/** From what an intent uses to what it costs, by service. */

import * as assumed from './assumptions.ts';
import type { PriceOf } from './prices.ts';
import type { Usage } from './usage.ts';

const million = 1e6;
const gigabyte = 1024 ** 3;

export const services = [
  'Step Functions',
  'DynamoDB writes',
  'DynamoDB index writes',
  'DynamoDB reads',
  'DynamoDB storage, first month',
  'Lambda requests',
  'Lambda time',
  'SQS',
  'API Gateway',
  'Data out',
  'KMS',
  'CloudWatch Logs',
  'X-Ray',
  'SES',
] as const;
type Service = (typeof services)[number];
export type Cost = Record<Service, number>;

/** GB-seconds of all calls, cold starts included; a step that reads evidence waits for the tool that reads it. */
export function gbSecondsOf(calls: Usage['calls']): number {
  const cold = assumed.coldShare * assumed.coldMs;
  const waits = (calls.read_charge ?? 0) * (assumed.durationMs.read_charge ?? 0);
  return Object.entries(calls).reduce((sum, [name, times]) => {
    const ms = times * ((assumed.durationMs[name] ?? 0) + cold) + (name === 'steps' ? waits : 0);
    return sum + (ms / 1000) * (assumed.megabytesOf(name) / 1024);
  }, 0);
}

export const callsOf = (usage: Usage): number => Object.values(usage.calls).reduce((sum, times) => sum + times, 0);

/**
 * USD for one intent of a path.
 *
 * @param traced the share of traces that are recorded
 */
export function costOf(usage: Usage, price: PriceOf, traced: number): Cost {
  const each = (name: string, count: number) => (price(name) * count) / million;
  const logs = usage.logBytes / gigabyte;
  return {
    'Step Functions': each('stepTransition', usage.transitions),
    'DynamoDB writes': each('dynamoWrite', usage.writeUnits),
    'DynamoDB index writes': each('dynamoWrite', usage.indexUnits),
    'DynamoDB reads': each('dynamoRead', usage.readUnits),
    'DynamoDB storage, first month': (usage.storedBytes / gigabyte) * (price('dynamoStorage') + price('dynamoBackup')),
    'Lambda requests': each('lambdaRequest', callsOf(usage)),
    'Lambda time': each('lambdaGbSecond', gbSecondsOf(usage.calls)),
    SQS: each('sqsRequest', usage.messages * assumed.requestsPerMessage),
    'API Gateway': each('httpRequest', usage.httpRequests),
    'Data out': (usage.responseBytes / gigabyte) * price('dataOut'),
    KMS: each('kmsRequest', usage.mails),
    'CloudWatch Logs':
      logs * (price('logIngestion') + assumed.logCompression * assumed.logMonths * price('logStorage')),
    'X-Ray': each('trace', usage.traces * traced),
    SES: each('sesMail', usage.mails),
  };
}

export const totalOf = (cost: Cost): number => services.reduce((sum, service) => sum + cost[service], 0);

/** The share of a month's traces that X-Ray's default rule records, where they come evenly. */
export function tracedShare(tracesAMonth: number): number {
  const seconds = assumed.secondsPerMonth;
  if (tracesAMonth <= seconds) return 1;
  return (seconds + assumed.traceShareOverOne * (tracesAMonth - seconds)) / tracesAMonth;
}

/** Up to how many intents a month each trace is recorded, where they come evenly. */
export const fullyTracedUpTo = (tracesAnIntent: number): number => assumed.secondsPerMonth / tracesAnIntent;
