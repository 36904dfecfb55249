import { expect, it } from 'vitest';
import { emptyFunction } from '../../bench/bundles.ts';

it('an empty function makes the clients of the packages that it is given, and nothing else', async () => {
  expect(await emptyFunction(['@aws-sdk/client-dynamodb', '@aws-sdk/client-ses', '@aws-sdk/lib-dynamodb'])).toBe(
    `import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SESClient } from '@aws-sdk/client-ses';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
DynamoDBDocumentClient.from(new DynamoDBClient({}));
new SESClient({});
export const handler = async () => {};`,
  );
  expect(await emptyFunction(['@aws-sdk/client-sqs'])).not.toContain('DynamoDB');
  expect(await emptyFunction(['stripe'])).toContain("import Stripe from 'stripe'");
});
