/** What an event of SES says about a mail: whether it failed for good, and for which task or digest it was. */

import * as z from 'zod';
import { type Tagged, taggedWith } from '../../adapters/mail-tags.ts';
import type { Unreachable } from '../../core/model.ts';
import type { FailedMail } from '../../core/rules/undeliverable.ts';

const mail = z.object({ messageId: z.string(), destination: z.array(z.string()), tags: z.unknown() });

/** As EventBridge delivers it; SES may add fields. */
export const sesEvent = z.object({
  detail: z.discriminatedUnion('eventType', [
    z.object({
      eventType: z.literal('Bounce'),
      mail,
      bounce: z.object({ bounceType: z.string(), bounceSubType: z.string() }),
    }),
    z.object({
      eventType: z.literal('Complaint'),
      mail,
      complaint: z.object({ complaintSubType: z.string().nullish() }),
    }),
  ]),
});
type Detail = z.infer<typeof sesEvent>['detail'];

/** SES took the mail and did not send it, since the address had bounced or complained before. */
const suppressed = ['Suppressed', 'OnAccountSuppressionList'];

/** Why no mail arrives at the address; nothing where a later one may. */
function whyOf(detail: Detail): Unreachable['why'] | undefined {
  if (detail.eventType === 'Complaint')
    return suppressed.includes(detail.complaint.complaintSubType ?? '') ? 'suppressed' : 'complained';
  if (detail.bounce.bounceType !== 'Permanent') return undefined;
  return suppressed.includes(detail.bounce.bounceSubType) ? 'suppressed' : 'bounced';
}

export interface Failure {
  why: Unreachable['why'];
  /** Absent where the mail was not about tasks. */
  about?: Tagged & Omit<FailedMail, 'taskId'>;
}

export function failureOf({ detail }: z.infer<typeof sesEvent>): Failure | undefined {
  const why = whyOf(detail);
  if (!why) return undefined;
  const tagged = taggedWith(detail.mail.tags);
  if (!tagged) return { why };
  const { messageId, destination } = detail.mail;
  // A mail goes to one person.
  return { why, about: { ...tagged, why, messageId, mail: destination[0] ?? '' } };
}
