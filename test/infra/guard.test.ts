import { beforeAll, expect, it } from 'vitest';
import { declaredOf } from '../../core/removal.ts';
import { intentTypes } from '../../intents/index.ts';
import { allowed, type Resource, resourcesOf, synthesize, type Template } from './synth.ts';

let templates: Template[];
let asked: Resource & { id: string };

beforeAll(async () => {
  ({ templates } = await synthesize());
  asked = resourcesOf(templates, 'Custom::DeclaredTypes')[0] as typeof asked;
});

const nameOf = ({ Properties }: Resource): string => Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME;

it('is told each type, with what open intents need of it', () => {
  expect(asked.Properties.Types).toEqual(intentTypes.map(declaredOf));
});

it('is asked before any other function and any state machine changes', () => {
  const changes = [
    ...resourcesOf(templates, 'AWS::Lambda::Function'),
    ...resourcesOf(templates, 'AWS::CloudFormation::Stack'),
  ];
  const others = changes.filter((one) => one.Type !== 'AWS::Lambda::Function' || nameOf(one) !== 'guard');
  expect(others.length).toBeGreaterThan(9);
  for (const { id, DependsOn } of others) expect(DependsOn, id).toContain(asked.id);
});

it('is called by its alias, and a deployment does not wait an hour for it', () => {
  expect(asked.Properties.ServiceToken.Ref).toMatch(/^GuardLive/);
  expect(Number(asked.Properties.ServiceTimeout)).toBeLessThanOrEqual(300);
  const guard = resourcesOf(templates, 'AWS::Lambda::Function').find((one) => nameOf(one) === 'guard');
  expect(Number(asked.Properties.ServiceTimeout)).toBeGreaterThan(guard?.Properties.Timeout);
});

it('may read the index of what is due and the status of its own stack, and nothing else', () => {
  const rights = allowed(templates).filter(({ holder }) => holder.startsWith('GuardRoleDefaultPolicy'));
  const own = rights.filter(({ actions }) => !actions.some((action) => /^(logs|xray):/.test(action)));
  expect(own).toEqual([
    {
      holder: expect.any(String),
      actions: ['dynamodb:Query'],
      resources: [{ 'Fn::Join': ['', [expect.anything(), '/index/due']] }],
    },
    { holder: expect.any(String), actions: ['cloudformation:DescribeStacks'], resources: [{ Ref: 'AWS::StackId' }] },
  ]);
});

it('finds the type of what is due in the index', () => {
  const intents = resourcesOf(templates, 'AWS::DynamoDB::GlobalTable').find(({ id }) => id.startsWith('TablesIntents'));
  expect(intents?.Properties.GlobalSecondaryIndexes[0].Projection.NonKeyAttributes).toContain('type');
});
