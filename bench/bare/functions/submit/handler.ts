/** Takes a request in: starts its run and answers with its id. `/approvals` waits for a person, `/refunds` pays at once. */

import { randomUUID } from 'node:crypto';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

const { APPROVAL_MACHINE, REFUND_MACHINE } = process.env;
const sfn = new SFNClient({});

export async function handler(event: APIGatewayProxyEventV2) {
  const id = randomUUID();
  const request = JSON.parse(event.body ?? '{}');
  const stateMachineArn = event.rawPath.endsWith('/refunds') ? REFUND_MACHINE : APPROVAL_MACHINE;
  await sfn.send(new StartExecutionCommand({ stateMachineArn, name: id, input: JSON.stringify({ id, request }) }));
  console.log(JSON.stringify({ message: 'submitted', id }));
  return { statusCode: 202, body: JSON.stringify({ id }) };
}
