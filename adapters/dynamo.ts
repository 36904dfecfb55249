import { DynamoDBClient, type DynamoDBServiceException } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { InvalidInput, RetryableError } from '../core/errors.ts';

/**
 * One document client per function. `undefined` is dropped, so optional fields need no care. What the SDK's own attempts
 * could not mend but later ones may (throttling, lost connections, faults of the service) is a RetryableError. A number
 * that no table holds as it is, is an InvalidInput: only what came from outside can be one, and nothing is sent.
 */
export function dynamo(): DynamoDBDocumentClient {
  const client = new DynamoDBClient({});
  client.middlewareStack.add(
    (next) => async (args) => {
      refuseUnheld(args.input);
      return next(args).catch((error: unknown) => {
        throw retryable(error);
      });
    },
    { name: 'refusals', step: 'initialize', priority: 'high' },
  );
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

/** Smallest magnitude that DynamoDB holds, but for 0. Whole numbers are read back as they were written up to 2^53 - 1. */
const smallest = 1e-130;

const isUnheld = (number: number): boolean =>
  Number.isFinite(number) &&
  (Math.abs(number) > Number.MAX_SAFE_INTEGER || (number !== 0 && Math.abs(number) < smallest));

/** Throws InvalidInput where anything in it is a number that no table holds as it is. */
export function refuseUnheld(value: unknown): void {
  if (typeof value === 'number' && isUnheld(value))
    throw new InvalidInput('A number in it can not be held exactly: send it as text.', { field: '(body)' });
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  for (const part of Object.values(value)) refuseUnheld(part);
}

/** Worth another try by whoever called; everything else is a defect, or a refusal. */
function retryable(error: unknown): unknown {
  const passing =
    error instanceof Error &&
    ((error as Partial<DynamoDBServiceException>).$fault === 'server' ||
      /Throttl|Throughput|RequestLimit|Timeout|ECONN|EPIPE|socket/i.test(`${error.name} ${error.message}`));
  return passing ? new RetryableError('The tables did not answer.', error) : error;
}
