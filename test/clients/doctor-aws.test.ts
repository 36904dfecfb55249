import { beforeEach, describe, expect, it, vi } from 'vitest';
import { checkStack } from '../../clients/cli/doctor-aws.ts';
import type { Finding } from '../../clients/cli/finding.ts';
import { Refused } from '../../clients/cli/outcome.ts';

// What is loaded at the first look takes its time on a busy machine.

/** What AWS answers, by the command's name; a function throws. */
let answers: Record<string, object | (() => never)>;
let reached: () => void;

vi.mock('../../clients/cli/target.ts', () => {
  const client = {
    send: async (command: object) => {
      const answer = answers[command.constructor.name.replace(/Command$/, '')] ?? {};
      return typeof answer === 'function' ? (answer as () => never)() : answer;
    },
  };
  return {
    withTarget: async (_: object, use: (target: object) => Promise<unknown>) => {
      reached();
      return use({ name: 'stack Holdpoint', types: ['intent.approval.v1'], ses: client, lambda: client });
    },
  };
});

const verified = (...identities: string[]) => ({
  VerificationAttributes: Object.fromEntries(identities.map((one) => [one, { VerificationStatus: 'Success' }])),
});

beforeEach(() => {
  reached = () => undefined;
  answers = {
    GetSendQuota: { Max24HourSend: 50_000, SentLast24Hours: 12 },
    GetAccountSendingEnabled: { Enabled: true },
    // The sender of this checkout's configuration, by its domain.
    GetIdentityVerificationAttributes: verified('example.com'),
    GetAccountSettings: { AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 900 } },
  };
});

const named = (name: string, message = name): Error => Object.assign(new Error(message), { name });
async function found(): Promise<Record<string, Finding>> {
  const findings = await checkStack({ stack: 'Holdpoint' });
  return Object.fromEntries(findings.map((one) => [one.check, one]));
}

it('finds nothing wrong where nothing is', async () => {
  const all = await found();
  expect(Object.values(all).map(({ state }) => state)).toEqual(Object.keys(all).map(() => 'ok'));
  expect(Object.keys(all)).toEqual(['stack', 'sending', 'mail', 'sender', 'sandbox', 'functions']);
});

describe('mail', () => {
  it('knows the sandbox, and who can not be mailed in it', async () => {
    answers.GetSendQuota = { Max24HourSend: 200 };
    expect((await found()).sandbox).toMatchObject({ state: 'warning', fix: expect.stringContaining('production') });
    answers.GetIdentityVerificationAttributes = verified('approvals@example.com', 'ada@example.com');
    const { sandbox, sender } = await found();
    expect(sender?.state).toBe('ok');
    expect(sandbox).toMatchObject({ state: 'failed', fix: expect.stringContaining('ben@example.com') });
    expect(sandbox?.says).toContain('Not verified: ben@example.com, cleo@example.com.');
  });

  it('knows an account without a limit from one in the sandbox', async () => {
    answers.GetSendQuota = { Max24HourSend: -1, SentLast24Hours: 70_000 };
    const { mail, sandbox } = await found();
    expect(mail).toEqual({ check: 'mail', state: 'ok', says: '70000 mails sent in 24 hours, without a limit' });
    expect(sandbox?.state).toBe('ok');
  });

  it.each([
    [200, 199, 'ok'],
    [200, 200, 'failed'],
    [50_000, 50_001, 'failed'],
  ])('of a quota of %i and %i sent mails is %s', async (Max24HourSend, SentLast24Hours, state) => {
    answers.GetSendQuota = { Max24HourSend, SentLast24Hours };
    expect((await found()).mail?.state).toBe(state);
  });

  it('knows a sender that is not verified, and an account that may not send', async () => {
    answers.GetIdentityVerificationAttributes = {
      VerificationAttributes: { 'example.com': { VerificationStatus: 'Pending' } },
    };
    answers.GetAccountSendingEnabled = { Enabled: false };
    const { sender, sending } = await found();
    expect(sender).toMatchObject({ state: 'failed', fix: expect.stringContaining('create-email-identity') });
    expect(sending).toMatchObject({ state: 'failed', fix: expect.stringContaining('SES console') });
  });
});

it.each([
  [10, 'failed'],
  [60, 'warning'],
  [100, 'ok'],
])('a quota of %i functions at once is %s', async (ConcurrentExecutions, state) => {
  answers.GetAccountSettings = { AccountLimit: { ConcurrentExecutions } };
  expect((await found()).functions).toMatchObject({ state });
});

describe('what can not be seen', () => {
  it('is skipped by itself, with the reason', async () => {
    answers.GetSendQuota = () => {
      throw named('AccessDeniedException', 'not authorized to perform ses:GetSendQuota');
    };
    const all = await found();
    expect(all.mail).toMatchObject({ state: 'skipped', says: expect.stringContaining('ses:GetSendQuota') });
    expect(all.functions?.state).toBe('ok');
  });

  it('is skipped whole without credentials', async () => {
    reached = () => {
      throw named('CredentialsProviderError');
    };
    expect(await found()).toEqual({
      AWS: expect.objectContaining({ state: 'skipped', says: expect.stringContaining('AWS_PROFILE') }),
    });
  });

  it('is a fault where there is no such stack', async () => {
    reached = () => {
      throw new Refused('There is no stack Holdpoint.');
    };
    expect((await found()).stack).toMatchObject({ state: 'failed', fix: expect.stringContaining('cdk deploy') });
  });
});
