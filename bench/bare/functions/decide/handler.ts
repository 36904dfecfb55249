/** The approver's form: reads the token and answers the waiting state. */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendTaskSuccessCommand, SFNClient, TaskTimedOut } from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

const { TABLE } = process.env;
const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const sfn = new SFNClient({});

export async function handler(event: APIGatewayProxyEventV2) {
  const id = event.pathParameters?.id;
  const form = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8').toString();
  const { outcome, comment } = Object.fromEntries(new URLSearchParams(form));
  if (outcome !== 'approved' && outcome !== 'rejected') return { statusCode: 422, body: 'approved or rejected?' };
  const { Item } = await dynamo.send(new GetCommand({ TableName: TABLE, Key: { id }, ConsistentRead: true }));
  if (!Item) return { statusCode: 404, body: 'No such request.' };
  try {
    const output = JSON.stringify({ outcome, comment });
    await sfn.send(new SendTaskSuccessCommand({ taskToken: Item.token, output }));
  } catch (error) {
    if (error instanceof TaskTimedOut) return { statusCode: 409, body: 'Decided already, or too late.' };
    throw error;
  }
  console.log(JSON.stringify({ message: 'decided', id, outcome }));
  return { statusCode: 200, headers: { 'content-type': 'text/html' }, body: '<p>Thank you.</p>' };
}
