/** What a deployment costs a month while nothing happens: its resources that are billed by the month or by the clock. */

import { dueShards } from '../adapters/rows.ts';
import * as assumed from './assumptions.ts';
import type { PriceOf } from './prices.ts';
import type { Resource } from './templates.ts';

export interface FloorItem {
  what: string;
  count: number;
  /** USD a month for one. */
  each: number;
}

/** Reading an index that has nothing due: half a unit, eventually consistent. */
const emptyQueryUnits = 0.5;

const minutesPerMonth = assumed.secondsPerMonth / 60;
const million = 1e6;

export function floorOf(resources: readonly Resource[], price: PriceOf): FloorItem[] {
  const count = (type: string, also: (resource: Resource) => boolean = () => true) =>
    resources.filter((one) => one.Type === type && also(one)).length;
  const polls = (assumed.idlePollers * assumed.secondsPerMonth) / assumed.pollSeconds;
  const sweep = (assumed.durationMs.sweep ?? 0) / 1000;
  const perSweep =
    price('schedulerCall') +
    price('lambdaRequest') +
    sweep * (assumed.megabytesOf('sweep') / 1024) * price('lambdaGbSecond') +
    dueShards * emptyQueryUnits * price('dynamoRead');
  return [
    { what: 'Dashboard', count: count('AWS::CloudWatch::Dashboard'), each: price('dashboard') },
    { what: 'Alarm', count: count('AWS::CloudWatch::Alarm'), each: price('alarm') },
    { what: 'KMS key', count: count('AWS::KMS::Key'), each: price('kmsKey') },
    { what: 'Secret', count: count('AWS::SecretsManager::Secret'), each: price('secret') },
    {
      what: 'SQS event source, polling an empty queue',
      count: count('AWS::Lambda::EventSourceMapping', (one) => !readsStream(one)),
      each: (polls * price('sqsRequest')) / million,
    },
    {
      what: 'Schedule, with the sweep it calls each minute',
      count: count('AWS::Scheduler::Schedule'),
      each: (minutesPerMonth * perSweep) / million,
    },
    { what: 'Custom metric that the sweep publishes each minute', count: 1, each: price('customMetric') },
  ];
}

/** Lambda reads streams without charge. */
const readsStream = ({ Properties }: Resource): boolean => Properties.StartingPosition !== undefined;

export const sumOf = (items: readonly FloorItem[]): number =>
  items.reduce((sum, { count, each }) => sum + count * each, 0);
