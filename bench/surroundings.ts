/** What both sides are driven and watched with: HTTP straight to the emulated API, the captured mails, runs, the provider. */

import { randomUUID } from 'node:crypto';
import { GetSendQuotaCommand, SESClient } from '@aws-sdk/client-ses';
import { DescribeExecutionCommand, ExecutionDoesNotExist, SFNClient } from '@aws-sdk/client-sfn';
import type { Mail } from '../local/mailbox.ts';
import { apiIdOf, type LocalStack } from '../local/stack.ts';
import { until } from '../local/until.ts';

/** How long anything may take: the first mail comes after everything that filled the table has passed its stream. */
export const patienceSeconds = 900;

export interface Answer {
  /** Epoch milliseconds at which the request was sent. */
  sentAt: number;
  milliseconds: number;
  body: string;
}

export type Surroundings = ReturnType<typeof surroundings>;

export function surroundings(stack: LocalStack) {
  const ses = new SESClient(stack.aws);
  const sfn = new SFNClient(stack.aws);
  const sent = async () => (await ses.send(new GetSendQuotaCommand({}))).SentLast24Hours ?? 0;

  return {
    /** Where a deployment's API answers, without the local gateway in between. */
    apiOf: (outputs: Record<string, string>) => `${stack.emulatorUrl}/_aws/execute-api/${apiIdOf(outputs)}/$default`,

    /** A request, from before it is sent until its whole answer is there. Rejects where the status is not 2xx. */
    async request(url: string, init: RequestInit): Promise<Answer> {
      const sentAt = Date.now();
      const from = performance.now();
      const response = await fetch(url, init);
      const body = await response.text();
      const milliseconds = performance.now() - from;
      if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${url} answered ${response.status}: ${body}`);
      return { sentAt, milliseconds, body };
    },

    /**
     * Counts the mails so far, and gives what waits for one that is newer and says something: others may come before. The
     * count is asked for while there is none, not the list: that holds every mail, and would cost more from run to run.
     */
    async nextMail(): Promise<(marker: string) => Promise<Mail>> {
      const before = await sent();
      return (marker) =>
        until(`a mail that says ${marker} is captured`, patienceSeconds, async () => {
          if ((await sent()) === before) return undefined;
          return (await stack.mailbox.refresh()).findLast(({ subject, text }) =>
            `${subject}\n${text}`.includes(marker),
          );
        });
    },

    /** Epoch milliseconds at which a run succeeded, by Step Functions' own time. Rejects where it did not. */
    async endOf(executionArn: string): Promise<number> {
      const run = await until(`${executionArn} ends`, patienceSeconds, async () => {
        const found = await sfn.send(new DescribeExecutionCommand({ executionArn })).catch(notYetStarted);
        return found?.status === 'RUNNING' ? undefined : found;
      });
      if (run.status !== 'SUCCEEDED') throw new Error(`${executionArn} ended ${run.status}: ${run.error} ${run.cause}`);
      return run.stopDate?.getTime() ?? Number.NaN;
    },

    /** A charge of 100.00 EUR at the provider, for an order of its own. */
    async charge(): Promise<{ order: string; charge: string }> {
      const orderId = `B-${randomUUID().slice(0, 8)}`;
      const body = JSON.stringify({ orderId, amount: 100_00, currency: 'eur' });
      const response = await fetch(`${stack.providerUrl}/_sandbox/charges`, { method: 'POST', body });
      return { order: orderId, charge: ((await response.json()) as { id: string }).id };
    },
  };
}

function notYetStarted(error: unknown): undefined {
  if (!(error instanceof ExecutionDoesNotExist)) throw error;
}

/** What both sides refund: an amount that Holdpoint's policy allows without asking. */
export const amountCents = 20_00;

/** What both sides ask a person. The word stands in the mail. */
export const taskWith = (word: string) => `Send the November newsletter (${word}) to 12,400 subscribers?`;
