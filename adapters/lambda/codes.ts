import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Code } from '../../core/code.ts';
import type { Context } from '../../core/ports.ts';
import { openCodes } from '../codes.ts';
import type { CodeMessage } from '../messages.ts';
import { sender } from '../queues.ts';

/** Codes as a door has them: who asks for one is mailed it by the function that may make its digits. */
export function doorCodes(client: DynamoDBDocumentClient, table: string, mailQueueUrl: string) {
  const codes = openCodes(client, table);
  const send = sender();
  return {
    use: codes.use,
    /** `who` is counted. Throws InvalidInput `too_many_codes`. */
    async ask(
      asked: Pick<Code, 'purpose' | 'personId' | 'about'>,
      who: string,
      traceId: string,
      context: Context,
    ): Promise<void> {
      const { purpose, codeId } = await codes.ask(asked, who, context);
      await send(mailQueueUrl, { v: 1, kind: 'code', purpose, codeId, traceId } satisfies CodeMessage);
    },
  };
}
