/**
 * Called by CloudFormation before anything else of a deployment changes. Refuses one that takes from open intents what
 * they need to end; what it cannot find out, it refuses too. A rollback is never refused: it only puts back what was.
 */

import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import type { CloudFormationCustomResourceEvent, CloudFormationCustomResourceUpdateEvent } from 'aws-lambda';
import * as z from 'zod';
import { dueItems } from '../../adapters/due.ts';
import { dynamo } from '../../adapters/dynamo.ts';
import { readEnv } from '../../adapters/env.ts';
import { log } from '../../adapters/lambda/log.ts';
import { timely } from '../../adapters/lambda/timely.ts';
import { lossesOf, refusalOf } from '../../core/removal.ts';
import { firstOf } from '../../core/text.ts';
import { env as schema } from './env.ts';

const { openByType } = dueItems(dynamo(), readEnv(schema).INTENTS_TABLE);
const stacks = new CloudFormationClient({});

/** CloudFormation makes text of what is neither list nor map. No list is as good as an empty one. */
const properties = z.object({
  Types: z
    .array(
      z.object({
        type: z.string(),
        shape: z.string(),
        closed: z.enum(['true', 'false']).transform((text) => text === 'true'),
        tools: z.array(z.string()).default([]),
      }),
    )
    .default([]),
});

const typesIn = (given: unknown) => properties.parse(given).Types;

/** Left of the function's time when it stops counting, milliseconds: enough to answer. */
const answerMs = 10_000;

/** CloudFormation takes 4 KB as an answer. */
const maxReasonLength = 3000;

/** Sentences that say why the update must not be; none where it may. Throws where that can't be found out. */
async function refusals(event: CloudFormationCustomResourceUpdateEvent, signal: AbortSignal): Promise<string[]> {
  const losses = lossesOf(typesIn(event.OldResourceProperties), typesIn(event.ResourceProperties));
  if (losses.length === 0 || (await isRollingBack(event.StackId))) return [];
  const open = await openByType(signal);
  return losses.flatMap((loss) => refusalOf(loss, open.get(loss.type) ?? 0) ?? []);
}

async function isRollingBack(stackId: string): Promise<boolean> {
  const { Stacks } = await stacks.send(new DescribeStacksCommand({ StackName: stackId }));
  return Stacks?.[0]?.StackStatus?.includes('ROLLBACK') ?? false;
}

async function verdictOn(event: CloudFormationCustomResourceEvent, signal: AbortSignal): Promise<string[]> {
  if (event.RequestType !== 'Update') return [];
  try {
    return await refusals(event, signal);
  } catch (error) {
    log.error('open intents not counted', {
      errorName: (error as Error).name,
      errorMessage: (error as Error).message,
    });
    return [`The open intents could not be counted (${(error as Error).name}): deploy again.`];
  }
}

/** The address is a secret of CloudFormation's: it is not logged. Throws where the answer is not taken. */
async function answer(event: CloudFormationCustomResourceEvent, because: string[]): Promise<void> {
  const { ResponseURL, StackId, RequestId, LogicalResourceId } = event;
  const body = JSON.stringify({
    Status: because.length > 0 ? 'FAILED' : 'SUCCESS',
    Reason: firstOf(because.join(' '), maxReasonLength),
    PhysicalResourceId: 'PhysicalResourceId' in event ? event.PhysicalResourceId : 'declared-types',
    StackId,
    RequestId,
    LogicalResourceId,
  });
  // The address was signed for a request without a content type.
  const response = await fetch(ResponseURL, { method: 'PUT', headers: { 'content-type': '' }, body });
  if (!response.ok) throw new Error(`CloudFormation did not take the answer: ${response.status}`);
}

export const handler = timely<CloudFormationCustomResourceEvent, void>().handler(async (event, context) => {
  const signal = AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - answerMs));
  const because = await verdictOn(event, signal);
  log.info('deployment', { request: event.RequestType, refused: because });
  await answer(event, because);
});
