import type { Tool } from './tools.ts';

/** Megabytes where somebody waits for the answer: half a CPU, which cold starts feel. */
const promptMemory = 1024;
/** Megabytes where a queue, a stream or the clock waits. */
const patientMemory = 512;

/** Up to eight tries of one transaction, a second apart at most, and what belongs to it. */
const commitSeconds = 15;

/** How each function runs; timeouts in seconds. Tools have theirs in their contract. */
export const functionSettings = {
  api: { memoryMegabytes: promptMemory, timeoutSeconds: commitSeconds },
  approvals: { memoryMegabytes: promptMemory, timeoutSeconds: commitSeconds },
  tasks: { memoryMegabytes: promptMemory, timeoutSeconds: commitSeconds },
  view: { memoryMegabytes: promptMemory, timeoutSeconds: commitSeconds },
  inbox: { memoryMegabytes: promptMemory, timeoutSeconds: commitSeconds },
  // Reads and hashes a file of ten megabytes.
  media: { memoryMegabytes: promptMemory, timeoutSeconds: 29 },
  steps: { memoryMegabytes: promptMemory, timeoutSeconds: commitSeconds },
  registry: { memoryMegabytes: promptMemory, timeoutSeconds: commitSeconds },
  scenarios: { memoryMegabytes: promptMemory, timeoutSeconds: commitSeconds },
  // A page ends after eight seconds, or with what was begun by then.
  decisions: { memoryMegabytes: promptMemory, timeoutSeconds: 29 },
  scim: { memoryMegabytes: promptMemory, timeoutSeconds: commitSeconds },
  // A batch of ten, each with a commit and a call that may be throttled.
  runs: { memoryMegabytes: patientMemory, timeoutSeconds: 30 },
  // As many, each perhaps with a chat that doesn't answer in four seconds.
  mail: { memoryMegabytes: patientMemory, timeoutSeconds: 75 },
  'mail-events': { memoryMegabytes: patientMemory, timeoutSeconds: commitSeconds },
  // A batch of ten, each with an entry in a mailbox that others may fill too, and a commit.
  deliver: { memoryMegabytes: patientMemory, timeoutSeconds: 60 },
  // Held for 25 seconds, it costs by its size; below the gateway's 30.
  streams: { memoryMegabytes: 256, timeoutSeconds: 29 },
  dispatch: { memoryMegabytes: patientMemory, timeoutSeconds: 30 },
  // Done before the next minute's begins.
  sweep: { memoryMegabytes: patientMemory, timeoutSeconds: 55 },
  // Reads a hundred thousand changed heads; and an hour of them is written as one text.
  checkpoint: { memoryMegabytes: promptMemory, timeoutSeconds: 300 },
  // Counts a million open intents, sixteen pages of an index at a time.
  guard: { memoryMegabytes: patientMemory, timeoutSeconds: 120 },
} as const;

/** A step may wait for a tool that reads evidence, and commits afterwards. */
export const stepsTimeoutSeconds = (tools: readonly Tool[]): number =>
  commitSeconds +
  Math.max(
    0,
    ...tools
      .filter(({ contract }) => contract.effectClass === 'read')
      .map(({ contract }) => contract.functionTimeoutSeconds),
  );

/** Calls at the same time that work off a queue. */
export const queueConcurrency = {
  // StartExecution allows 300 a second and SendTask* 500; ten at a time stay below either.
  runs: 10,
  // SES begins at 14 mails a second.
  mail: 5,
  // Those who deliver to one agent take turns: more of them would mostly wait.
  deliver: 10,
} as const;
