/** What an agent leaves with an intent to go on by: opaque to us, and given back to that agent alone. */

import { createHash } from 'node:crypto';
import { InvalidInput } from './errors.ts';

/** As large as one may be. */
export const maxResumeStateBytes = 4 * 1024 * 1024;

/** Up to here it is an item of the intent, base64 and all; what is larger lies in S3. */
export const maxItemResumeStateBytes = 200 * 1024;

/** How long it is kept, days: longer than a run can wait. */
export const resumeStateDays = 400;

const dayMs = 86_400_000;

export interface ResumeState {
  /** Whose it is: the agent's whole address. */
  agent: string;
  sha256: string;
  bytes: number;
  givenAt: string;
  expiresAt: string;
  /** base64; absent where it lies in S3. */
  data?: string;
}

const refuse = (message: string): InvalidInput => new InvalidInput(message, { field: 'resume_state' });

/** Of what an agent gives, in base64. Throws InvalidInput, `payload_too_large` over the limit. */
export function resumeStateOf(agent: string, data: string, now: string): { state: ResumeState; bytes: Uint8Array } {
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length > maxResumeStateBytes)
    throw new InvalidInput(
      `A resume state has at most ${maxResumeStateBytes} bytes.`,
      { field: 'resume_state', limit_bytes: maxResumeStateBytes },
      'payload_too_large',
    );
  if (bytes.length === 0) throw refuse('A resume state has at least one byte.');
  // What Node reads leniently, others would read otherwise.
  if (bytes.toString('base64') !== data) throw refuse('A resume state is base64, padded, with + and /.');
  const state: ResumeState = {
    agent,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
    givenAt: now,
    expiresAt: new Date(Date.parse(now) + resumeStateDays * dayMs).toISOString(),
    ...(bytes.length <= maxItemResumeStateBytes ? { data } : {}),
  };
  return { state, bytes };
}

export const isKept = ({ expiresAt }: ResumeState, now: string): boolean => Date.parse(now) < Date.parse(expiresAt);

/** For the audit record. */
export const resumeStateRecord = ({ sha256, bytes }: ResumeState) => ({ sha256, bytes });
