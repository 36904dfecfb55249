import { describe, expect, it } from 'vitest';
import { delegated } from '../../core/delegation.ts';
import type { IntentType } from '../../core/intent-type.ts';
import { time } from '../../pages/time.ts';
import { unknownViewPage, viewPage } from '../../pages/view.ts';
import * as given from '../core/builders.ts';
import { refunded, type Story, story, waitingApproval, waitingRefund } from '../core/story.ts';

const contracts = given.refundType.tools;
const bodyOf = (page: string): string => page.replace(/<style>[\s\S]*?<\/style>/, '');
const readOf = (page: string): string =>
  bodyOf(page)
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
const view = async (told: Story) =>
  viewPage(await told.state(), await told.store.events(told.ref, 0, 200), contracts, told.now());

async function paid() {
  const { told, links } = await waitingRefund();
  await told.decide(links.ada as string, { comment: 'fine' });
  await told.begin('r1');
  await told.settle('r1', refunded);
  await told.verify();
  await told.complete();
  return told;
}

describe('the requester’s view', () => {
  it('says what it waits for, until when, what was asked, and what happened', async () => {
    const read = readOf(await view((await waitingRefund()).told));
    for (const shown of [
      'Waits for a person',
      'Ada Example, Ben Example can decide until Mon, 23 Nov 2026, 09:00 UTC.',
      'Refund 180.00 EUR of order A-1042',
      '9820.00 EUR',
      'amount_needs_approval',
      'Told by mail: Ada Example',
      'It was made on Fri, 20 Nov 2026',
    ])
      expect(read).toContain(shown);
  });

  it('waits for the agent once people have asked for changes, until when it may answer', async () => {
    const { told, links } = await waitingApproval({ humanTask: { title: 'Look', task_type: 'review' } });
    await told.decide(links.ada as string, { outcome: 'changes_requested', comment: 'When?' });
    const { task } = await told.state();
    const read = readOf(await view(told));
    expect(read).toContain('Waits for the agent Somebody asked for changes.');
    expect(read).toContain(`until ${time(task?.answerBy ?? '', 'UTC')}`);
    expect(read).not.toContain('by itself');
  });

  it('names nobody who is not asked any more, once it is frozen', async () => {
    const { told } = await waitingRefund();
    await told.freeze();
    const frozen = readOf(await view(told));
    expect(frozen).toContain('Frozen An operator has stopped it');
    expect(frozen).not.toContain('can decide until');
    await told.escalate({ generation: 2, token: 'token-2' }, given.directoryWithOperators);
    expect(readOf(await view(told))).toContain('Olga Example, Otto Example can decide until');
  });

  it('says which agent it waits for, where it was delegated', async () => {
    const type = delegated('parcels.pack.v1') as IntentType;
    const told = await story({ type, delegated: true, to: 'agent://acme/shop/packer' });
    const read = readOf(await view(told));
    for (const shown of [
      'Waits for an agent',
      'agent://acme/shop/packer can answer until Sun, 20 Dec 2026, 09:00 UTC.',
      'parcels.pack.v1',
    ])
      expect(read).toContain(shown);
  });

  it('says how it ended', async () => {
    expect(readOf(await view(await paid()))).toMatch(
      /Completed It ended on .* Ada Example: approved\. Known by: link sent to them.*fine.*Verified/,
    );
    const denied = await waitingRefund();
    await denied.told.decide(denied.links.ada as string, { outcome: 'rejected', comment: 'no' });
    expect(readOf(await view(denied.told))).toContain('Ended without success A person decided against it.');
    const plain = await waitingApproval();
    await plain.told.decide(plain.links.ada as string, { outcome: 'rejected', comment: 'no' });
    expect(readOf(await view(plain.told))).toContain('Decided: rejected');
    const { told } = await waitingApproval();
    told.pass(30 * 86_400);
    await told.climb();
    expect(readOf(await view(told))).toContain('Timed out');
  });

  it('says that operators would follow, that they are about to be asked, and that they are', async () => {
    const ladder = { expire: { after_seconds: 3600, opens: 'override' as const } };
    const { told } = await waitingApproval({ humanTask: { title: 'Look', ladder } });
    expect(readOf(await view(told))).toContain(
      'can decide until Fri, 20 Nov 2026, 10:00 UTC. Then operators take over.',
    );
    told.pass(3600);
    await told.climb();
    expect(readOf(await view(told))).toContain('Waits for a person Operators are about to be asked how it ends.');
    await told.escalate({ rung: 1, token: 'token-2' }, given.directoryWithOperators);
    expect(readOf(await view(told))).toContain('Olga Example, Otto Example can decide until Sat, 21 Nov 2026');
  });

  it('says until when it can be opened, once the intent has ended', async () => {
    expect(readOf(await view(await paid()))).toContain('It can be opened until Sun, 20 Dec 2026, 09:00 UTC.');
    expect(readOf(await view((await waitingRefund()).told))).not.toContain('can be opened until');
  });

  it('has nothing to decide by: no form, no link, no hash that a form would need', async () => {
    for (const told of [(await waitingRefund()).told, (await waitingApproval()).told, await paid()]) {
      const page = await view(told);
      expect(bodyOf(page)).not.toMatch(/<(form|input|button|a|script|meta http-equiv)\b|\/a\//);
      const { task } = await told.state();
      expect(page).not.toContain(task?.subjectHash);
      for (const hash of Object.values(task?.links ?? {})) expect(page).not.toContain(hash);
    }
  });

  it('rule 19: masks what the tool’s contract calls sensitive, and everything of a tool that is not there any more', async () => {
    const reason = 'Jane Doe, born 1970-01-01';
    const { told } = await waitingRefund({ payload: given.refundPayload({ reason }) });
    expect(await view(told)).not.toContain('Jane');
    expect(readOf(await view(told))).toContain('Reason ••••');
    const bare = readOf(viewPage(await told.state(), [], [], told.now()));
    expect(bare).toMatch(/Amount cents ••••.*Currency ••••/);
  });

  it('shows nobody’s mail address', async () => {
    for (const told of [(await waitingRefund()).told, await paid()])
      expect(await view(told)).not.toMatch(/@(?!media|container)/);
  });

  it('rule 23: what an agent wrote is text', async () => {
    const asked = (words: string) => ({
      from: words,
      onBehalfOf: words,
      humanTask: { title: words, description: `${words} 1` },
    });
    const tags = (page: string) => bodyOf(page).match(/<[a-z!][^>]*>/gi) ?? [];
    const calm = tags(await view((await waitingApproval(asked('calm'))).told));
    for (const words of [
      '<script>alert(1)</script>',
      '"><img src=x onerror=alert(1)>',
      '</section><a href="https://evil.example">x</a>',
    ])
      expect(tags(await view((await waitingApproval(asked(words))).told))).toEqual(calm);
  });

  it('is one page for all that opens nothing', () => {
    expect(readOf(unknownViewPage())).toContain('Nothing here');
  });
});
