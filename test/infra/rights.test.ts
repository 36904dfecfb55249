import { beforeAll, describe, expect, it } from 'vitest';
import { type Allowed, allowed, synthesize, type Template } from './synth.ts';

let rights: Allowed[];
let templates: Template[];

beforeAll(async () => {
  ({ templates } = await synthesize());
  rights = allowed(templates);
});

/** Whose role may do this: `ApiRoleDefaultPolicy…` → `Api`. */
const holders = (action: string, on?: string): string[] => {
  const found = rights.filter(
    ({ actions, resources }) =>
      actions.includes(action) && (on === undefined || JSON.stringify(resources).includes(`"Tables${on}`)),
  );
  return [...new Set(found.map(({ holder }) => holder.replace(/RoleDefaultPolicy.*/, '')))].sort();
};

describe('rights that only one function has', () => {
  it.each([
    ['kms:GenerateMac', 'Mail'],
    ['ses:SendEmail', 'Mail'],
    ['states:StartExecution', 'Runs'],
    ['states:SendTaskSuccess', 'Runs'],
    ['states:SendTaskFailure', 'Runs'],
    ['dynamodb:GetRecords', 'Dispatch'],
  ])('%s: %s', (action, holder) => {
    expect(holders(action)).toEqual([holder]);
  });

  it("the provider's key: tools", () => {
    expect(holders('secretsmanager:GetSecretValue')).toEqual(['ToolIssueRefund', 'ToolReadCharge']);
  });
});

describe('rights that nobody has', () => {
  it.each([
    'states:DescribeExecution',
    'states:GetExecutionHistory',
    'states:ListExecutions',
    'states:StopExecution',
    'kms:VerifyMac',
    'ses:SendRawEmail',
    'dynamodb:Scan',
    'dynamodb:BatchWriteItem',
    'iam:PassRole',
  ])('%s', (action) => {
    expect(holders(action)).toEqual([]);
  });

  it('changing or deleting audit records', () => {
    expect(holders('dynamodb:PutItem', 'Audit').length).toBeGreaterThan(0);
    for (const action of ['dynamodb:UpdateItem', 'dynamodb:DeleteItem']) expect(holders(action, 'Audit')).toEqual([]);
  });

  it('writing API keys and stops: operators do, with their own rights', () => {
    for (const action of ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem']) {
      expect(holders(action, 'Control')).toEqual([]);
    }
  });

  it('settling effects, but tools with effects', () => {
    expect(holders('dynamodb:PutItem', 'Effects')).toEqual(['ToolIssueRefund']);
    expect(holders('dynamodb:DeleteItem', 'Effects')).toEqual([]);
  });
});

describe('rights in general', () => {
  it('name each action in full', () => {
    const short = rights
      .flatMap(({ actions }) => actions)
      .filter((action) => !/^[a-z0-9]+:[A-Z][A-Za-z]+$/.test(action));
    expect(short).toEqual(['kms:*']);
  });

  it('call functions by their alias only', () => {
    const called = rights.filter(({ actions }) => actions.includes('lambda:InvokeFunction'));
    const text = JSON.stringify(called.map(({ resources }) => resources));
    expect(text).not.toContain('Fn::GetAtt');
    expect(text.match(/"Ref":"[A-Za-z0-9]*Live[A-Za-z0-9]*"/g)?.length).toBe(text.match(/"Ref"/g)?.length);
  });
});
