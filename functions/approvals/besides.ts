/** What an approver shows besides the link, where much depends on the decision: a code that was mailed to them, or a sign-in. */

import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { doorCodes } from '../../adapters/lambda/codes.ts';
import { context } from '../../adapters/lambda/context.ts';
import type { HttpEvent } from '../../adapters/lambda/http.ts';
import { sessionOf } from '../../adapters/lambda/session.ts';
import { findSession } from '../../adapters/sessions.ts';
import type { Directory } from '../../core/directory.ts';
import { sha256 } from '../../core/hash.ts';
import type { IntentState, Link } from '../../core/model.ts';
import { shortHash } from '../../core/plan.ts';
import { linkState, needsMore } from '../../core/rules/decide.ts';
import { voteOf } from '../../core/rules/steps.ts';

const purposeOf = (link: Link) => `link#${link.hash}` as const;

export function openBesides(client: DynamoDBDocumentClient, table: string, mailQueueUrl: string) {
  const codes = doorCodes(client, table, mailQueueUrl);

  /** In words for the record; undefined where nothing is shown. Uses the form's code up. Throws InvalidInput, field `code`. */
  async function shown(
    event: HttpEvent,
    link: Link,
    form: URLSearchParams,
    directory: Directory,
  ): Promise<string | undefined> {
    const { now } = context();
    const session = await findSession(client, table, sessionOf(event), { directory, now });
    if (session?.personId === link.personId) return session.via;
    const digits = form.getAll('code').join('');
    if (digits.trim() === '') return undefined;
    const rest = new URLSearchParams([...form].filter(([name]) => name !== 'code')).toString();
    const code = await codes.use(purposeOf(link), { digits, personId: link.personId, with: sha256(rest) }, now);
    return `with a code sent to ${code.mail}`;
  }

  /** Has a code mailed, if the link opens a form that takes one. Throws InvalidInput `too_many_codes`, field `code`. */
  async function mail({ task, plan, head }: IntentState, link: Link): Promise<boolean> {
    const at = context();
    const opensForm = task?.status === 'open' && task.step === link.step && linkState(link, at.now) === 'live';
    if (!opensForm || voteOf(task, link.personId) || !needsMore(task, { by: 'link' })) return false;
    const about = `${plan ? 'plan' : 'request'} ${shortHash(task.subjectHash)}`;
    const { personId } = link;
    await codes.ask({ purpose: purposeOf(link), personId, about }, `link#${personId}`, head.traceId, at);
    return true;
  }

  return { shown, mail };
}
