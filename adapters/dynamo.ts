import { DynamoDBClient, type DynamoDBServiceException } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { RetryableError } from '../core/errors.ts';

/**
 * One document client per function. `undefined` is dropped, so optional fields need no care. What the SDK's own attempts
 * could not mend but later ones may (throttling, lost connections, faults of the service) is a RetryableError.
 */
export function dynamo(): DynamoDBDocumentClient {
  const client = new DynamoDBClient({});
  client.middlewareStack.add(
    (next) => (args) =>
      next(args).catch((error: unknown) => {
        throw retryable(error);
      }),
    { name: 'retryable', step: 'initialize', priority: 'high' },
  );
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

/** Worth another try by whoever called; everything else is a defect, or a refusal. */
function retryable(error: unknown): unknown {
  const passing =
    error instanceof Error &&
    ((error as Partial<DynamoDBServiceException>).$fault === 'server' ||
      /Throttl|Throughput|RequestLimit|Timeout|ECONN|EPIPE|socket/i.test(`${error.name} ${error.message}`));
  return passing ? new RetryableError('The tables did not answer.', error) : error;
}
