/** The HTTP contract of what an agent leaves with an intent to go on by. */

import * as z from 'zod';
import { maxResumeStateBytes } from '../core/resume-state.ts';

/** base64 of that many bytes. */
const maxTextLength = Math.ceil(maxResumeStateBytes / 3) * 4;

/** Of the body, bytes: the text, and what stands around it. It goes through the gateway (10 MB) and the function (6 MB) whole. */
export const maxResumeStateBody = maxTextLength + 1024;

/** base64. Its size is judged where it is read, in bytes. */
export const resumeStateText = z.string().min(1);

/** `PUT /v1/intents/{id}/resume-state`. */
export const keepResumeState = z.strictObject({ resume_state: resumeStateText });

const about = {
  sha256: z.string().regex(/^[a-f0-9]{64}$/),
  size_bytes: z.int().min(1).max(maxResumeStateBytes),
  given_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
};
const ok = z.literal(true);
export const keptResumeState = z.strictObject({ ok, ...about });
export const gotResumeState = z.strictObject({ ok, ...about, resume_state: resumeStateText });
