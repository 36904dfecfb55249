/** Asks the guard of removals what CloudFormation asks it. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { type DeclaredType, declaredOf } from '../../core/removal.ts';
import { intentTypes } from '../../intents/index.ts';
import { aws, invoke } from './world.ts';

/** What the deployment declares now, and of a type whose door is closed and which no intent has. */
export const declared = intentTypes.map(declaredOf);
export const goneType: DeclaredType = { type: 'intent.gone.v1', shape: 'approval', closed: true, tools: [] };

/** As CloudFormation sends it: everything is text. */
const asText = (types: DeclaredType[]) => ({ Types: types.map((one) => ({ ...one, closed: String(one.closed) })) });

/** The guard's answer to an update from some types to others. */
export async function askGuard(from: DeclaredType[], to: DeclaredType[]): Promise<{ Status: string; Reason: string }> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    response.end();
    resolve(Buffer.concat(chunks).toString());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    const { Stacks = [] } = await new CloudFormationClient(aws).send(
      new DescribeStacksCommand({ StackName: 'Holdpoint' }),
    );
    const { error } = await invoke('guard', {
      RequestType: 'Update',
      ResponseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer`,
      StackId: Stacks[0]?.StackId,
      RequestId: 'request-1',
      LogicalResourceId: 'DeclaredTypes',
      PhysicalResourceId: 'declared-types',
      ResourceProperties: asText(to),
      OldResourceProperties: asText(from),
    });
    if (error) throw new Error(error);
    return JSON.parse(await promise);
  } finally {
    server.close();
  }
}
