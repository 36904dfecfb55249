import { beforeAll, describe, expect, it } from 'vitest';
import { statesOf } from '../../core/intent-type.ts';
import { intentTypes } from '../../intents/index.ts';
import { resourcesOf, synthesize, type Template } from './synth.ts';

let templates: Template[];
let main: Template;

beforeAll(async () => {
  ({ templates } = await synthesize());
  main = templates.find(({ name }) => name === 'Holdpoint') as Template;
});

describe('templates', () => {
  it('stay under 400 resources of the 500 that CloudFormation takes', () => {
    expect(templates).toHaveLength(3 + intentTypes.length);
    for (const { name, Resources } of templates) expect(Object.keys(Resources).length, name).toBeLessThan(400);
  });

  it('name nothing physically, so that a stack can stand beside another', () => {
    const names = templates.flatMap(({ Resources }) =>
      Object.entries(Resources).flatMap(([id, { Type, Properties }]) =>
        Object.keys(Properties ?? {})
          .filter((key) => /^(Table|Queue|Function|StateMachine|Role|LogGroup|Alarm|Dashboard|Schedule)Name$/.test(key))
          // An event source, a permission and an alias say whose they are.
          .filter((key) => !(key === 'FunctionName' && Type !== 'AWS::Lambda::Function'))
          .map((key) => `${id}.${key}`),
      ),
    );
    expect(names).toEqual([]);
  });

  it('have no custom resource but the guard, and nothing else that the local stack can not make', () => {
    const types = new Set(templates.flatMap(({ Resources }) => Object.values(Resources).map(({ Type }) => Type)));
    const refused = [
      /^Custom::(?!DeclaredTypes$)/,
      /CustomResource$/,
      /StateMachineVersion$/,
      /StateMachineAlias$/,
      /CompositeAlarm$/,
      /WebACLAssociation$/,
      /^AWS::SES::(Template|ReceiptRule)/,
      /^AWS::Events::Archive$/,
    ];
    expect([...types].filter((type) => refused.some((pattern) => pattern.test(type)))).toEqual([]);
    const alarms = resourcesOf(templates, 'AWS::CloudWatch::Alarm');
    expect(alarms.filter(({ Properties }) => Properties.Metrics)).toEqual([]);
  });

  it('output what the command line and the local stack look for', () => {
    const outputs = main.Outputs ?? {};
    expect(Object.keys(outputs)).toEqual(
      expect.arrayContaining([
        ...[
          'ApiUrl',
          'IntentsTable',
          'EffectsTable',
          'AuditTable',
          'ControlTable',
          'SweepFunction',
          'ProviderSecretArn',
        ],
        ...['RunsQueueUrl', 'MailQueueUrl', 'RunsDeadLettersUrl', 'MailDeadLettersUrl', 'ParkedUrl'],
        ...['MailboxesTable', 'DeliverQueueUrl', 'DeliverDeadLettersUrl'],
        ...['WebhooksTable', 'WebhookKeyId', 'EventBusName', 'AnnounceQueueUrl', 'AnnounceDeadLettersUrl'],
        ...['PushQueueUrl', 'PushDeadLettersUrl'],
        ...['CallbacksQueueUrl', 'CallbacksDeadLettersUrl'],
        ...['StateMachines', 'Functions'],
      ]),
    );
    const text = JSON.stringify(outputs.StateMachines?.Value);
    for (const { type } of intentTypes) expect(text).toContain(type);
  });
});

// Runs wait for months. Changing an id here replaces what they wait in: add the new beside the old, and close the old one's door first.
describe('logical ids that are pinned', () => {
  it.each([
    ['AWS::StepFunctions::StateMachine', ['IntentApprovalV1', 'IntentRefundV1', 'Delegation', 'Procedure']],
    ['AWS::CloudFormation::Stack', ['TypeIntentApprovalV1', 'TypeIntentRefundV1', 'TypeDelegation', 'TypeProcedure']],
  ])('%s', (type, ids) => {
    expect(resourcesOf(templates, type).map(({ id }) => id)).toEqual(ids);
  });

  it('tool functions', () => {
    const ids = resourcesOf(templates, 'AWS::Lambda::Function').map(({ id }) => id);
    expect(ids.filter((id) => id.startsWith('Tool'))).toEqual(['ToolIssueRefund', 'ToolReadCharge']);
  });
});

describe('state machines', () => {
  it('log everything but data, are traced, and of the standard type', () => {
    const machines = resourcesOf(templates, 'AWS::StepFunctions::StateMachine');
    for (const { id, Properties } of machines) {
      expect(Properties, id).toMatchObject({
        LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
        TracingConfiguration: { Enabled: true },
      });
      expect(['STANDARD', undefined]).toContain(Properties.StateMachineType);
    }
  });

  it('delegation waits for one answer, and calls nothing but steps', () => {
    const machine = resourcesOf(templates, 'AWS::StepFunctions::StateMachine').find(({ id }) => id === 'Delegation');
    const { States } = JSON.parse(machine?.Properties.DefinitionString);
    expect(Object.keys(States)).toEqual(['AWAIT_ANSWER', 'RUNG', 'AFTER_RUNG', 'ENDED', 'RECORD_FAILURE']);
    expect(Object.keys(machine?.Properties.DefinitionSubstitutions)).toEqual(['StepsArn']);
  });

  it.each(intentTypes.map((type) => [type.type, type] as const))('%s has the states that it declares', (name, type) => {
    const nested = templates.find(({ Resources }) =>
      Object.keys(Resources).some((id) => name.replaceAll('.', '') === id.toLowerCase()),
    );
    const [machine] = resourcesOf(nested ? [nested] : [], 'AWS::StepFunctions::StateMachine');
    const { States } = JSON.parse(machine?.Properties.DefinitionString);
    expect(Object.keys(States)).toEqual(expect.arrayContaining(statesOf(type)));
    const substitutions = Object.keys(machine?.Properties.DefinitionSubstitutions).sort();
    expect(substitutions).toEqual(type.shape === 'action' ? ['StepsArn', 'Tools'] : ['StepsArn']);
  });
});
