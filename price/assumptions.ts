/** What can't be counted from the code. Each of these is a guess until it was measured in an AWS account. */

import { functionSettings } from '../infra/settings.ts';

/** How long a warm call takes that only reads and commits, milliseconds: a few calls to DynamoDB, one after the other. */
const commitMs = 60;

/** How long a payment provider takes to answer, milliseconds. */
const providerMs = 400;

/** Milliseconds of a warm call of each function. */
export const durationMs: Record<string, number> = {
  api: commitMs,
  approvals: commitMs,
  steps: commitMs,
  runs: commitMs,
  mail: commitMs + 100,
  deliver: 2 * commitMs,
  dispatch: 30,
  sweep: 100,
  read_charge: providerMs,
  issue_refund: commitMs + providerMs,
};

/** Megabytes of a tool's function (infra/constructs/tool-function.ts). */
const toolMegabytes = 512;

/** Megabytes of each function, as it is deployed. */
export const megabytesOf = (name: string): number =>
  name in functionSettings ? functionSettings[name as keyof typeof functionSettings].memoryMegabytes : toolMegabytes;

/** This share of calls starts cold and is billed this much longer. */
export const coldShare = 0.01;
export const coldMs = 500;

/** How often an agent reads its intent. */
export const agentReads = 1;

/** Length of a task token, characters (the service allows 2048). */
export const tokenLength = 1000;

/** Bytes of one JSON line of a function's log that is not captured here: of a request, of a message that was worked off. */
export const logLineBytes = 350;
/** Bytes of one line of the API's access log. */
export const accessLineBytes = 300;
/** Events that Step Functions logs for one task state (entered, scheduled, started, succeeded, exited), and bytes of each. */
export const eventsPerState = 5;
export const eventBytes = 400;
/** CloudWatch bills this for each line beside its text. */
export const lineOverheadBytes = 26;

/** What logs shrink to where they are kept, and for how many months a kept stage keeps them. */
export const logCompression = 0.15;
export const logMonths = 6;

/** Bytes of HTTP headers of one answer, beside its body. */
export const headerBytes = 900;

/** SQS requests of one message: sent, received, deleted, each alone. Batches make it less. */
export const requestsPerMessage = 3;

/** X-Ray's default rule: the first request of each second, and this share of the others. */
export const traceShareOverOne = 0.05;

/** Long polls of an idle SQS event source: five pollers, twenty seconds each (AWS: "Configuring an SQS event source"). */
export const idlePollers = 5;
export const pollSeconds = 20;

/** How long a person takes to decide, days on average; only for the number of runs that wait at once. */
export const waitDays = 1;

/** The busiest second of a day against its average. */
export const peakFactor = 10;

export const secondsPerMonth = 30 * 24 * 3600;
