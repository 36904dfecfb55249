/** Runs on Step Functions. Only `functions/runs` uses this: it alone redeems tokens. */

import {
  ExecutionAlreadyExists,
  InvalidToken,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import { canonicalJson } from '../core/json.ts';
import type { RunInput } from '../core/rules/common.ts';

export function runs(machines: Record<string, string>, sfn = new SFNClient({})) {
  return {
    /** Starts a generation. Its name is used up for 90 days, so that it exists already means that it was started. */
    async start(input: RunInput): Promise<void> {
      const stateMachineArn = machines[input.type];
      if (stateMachineArn === undefined) throw new Error(`no state machine for ${input.type}`);
      const name = `${input.intentId}-${input.generation}`;
      try {
        await sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: canonicalJson(input) }));
      } catch (error) {
        if (!(error instanceof ExecutionAlreadyExists)) throw error;
      }
    },

    /**
     * Answers a waiting state. False: nobody waits under this token any more, which says nothing about whether an
     * earlier answer arrived.
     */
    async redeem(token: string, answer: 'success' | 'PolicyDenied' | 'Cancelled' | 'Rearm'): Promise<boolean> {
      try {
        if (answer === 'success') await sfn.send(new SendTaskSuccessCommand({ taskToken: token, output: '{}' }));
        else await sfn.send(new SendTaskFailureCommand({ taskToken: token, error: answer }));
        return true;
      } catch (error) {
        if (error instanceof TaskTimedOut || error instanceof TaskDoesNotExist || error instanceof InvalidToken)
          return false;
        throw error;
      }
    },
  };
}
