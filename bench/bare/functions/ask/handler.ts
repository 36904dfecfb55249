/** The token state's function: keeps the token, mails the approver. */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SESClient, SendEmailCommand } from '@aws-sdk/client-ses';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';

const { TABLE, SENDER, APPROVER, BASE_URL } = process.env;
const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const ses = new SESClient({});

export async function handler({ id, request, token }: { id: string; request: { task: string }; token: string }) {
  const createdAt = new Date().toISOString();
  await dynamo.send(new PutCommand({ TableName: TABLE, Item: { id, request, token, createdAt } }));
  const part = (Data: string) => ({ Data, Charset: 'UTF-8' });
  const link = `${BASE_URL}/approvals/${id}`;
  const text = `An agent asks for your decision.\n\n${request.task}\n\nReview:\n${link}\n`;
  await ses.send(
    new SendEmailCommand({
      Source: SENDER,
      Destination: { ToAddresses: [APPROVER ?? ''] },
      Message: {
        Subject: part('Approval: decision needed'),
        Body: { Text: part(text), Html: part(`<p>${request.task}</p><p><a href="${link}">Review</a></p>`) },
      },
    }),
  );
  console.log(JSON.stringify({ message: 'asked', id }));
}
