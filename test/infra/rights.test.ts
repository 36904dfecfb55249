import { beforeAll, describe, expect, it } from 'vitest';
import { machineOfDelegation, machineOfProcedure, machineOfType } from '../../infra/constructs/intent-type-stack.ts';
import { pascalCase } from '../../infra/names.ts';
import { wildcards } from '../../infra/wildcards.ts';
import { intentTypes } from '../../intents/index.ts';
import { type Allowed, allowed, resourcesOf, synthesize, type Template } from './synth.ts';

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

describe('the chat secret', () => {
  it('is there where people may be told by chat, and read by mail alone', async () => {
    const { templates: chatty } = await synthesize({ chat: true });
    const secret = resourcesOf(chatty, 'AWS::SecretsManager::Secret').find(({ id }) => id.startsWith('Chat'));
    const readers = allowed(chatty).filter(({ resources }) => JSON.stringify(resources).includes(secret?.id ?? 'none'));
    expect(readers.map(({ holder }) => holder.replace(/RoleDefaultPolicy.*/, ''))).toEqual(['Mail']);
    expect(resourcesOf(templates, 'AWS::SecretsManager::Secret').map(({ id }) => id)).not.toContain(secret?.id);
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

  it('reading audit records, but the auditors’ door, which writes nowhere', () => {
    expect(holders('dynamodb:Query', 'Audit')).toEqual(['Decisions']);
    for (const action of ['dynamodb:GetItem', 'dynamodb:BatchGetItem']) expect(holders(action, 'Audit')).toEqual([]);
    for (const action of ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'])
      expect(holders(action)).not.toContain('Decisions');
  });

  it('writing stops: operators do, with their own rights; one function writes accounts and keys, one other accounts, and nothing else there', () => {
    for (const action of ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem']) {
      const writers =
        { 'dynamodb:PutItem': ['Registry', 'Scenarios'], 'dynamodb:UpdateItem': ['Registry'] }[action] ?? [];
      expect(holders(action, 'Control')).toEqual(writers);
    }
    const under = (role: string) =>
      templates
        .flatMap((template) => resourcesOf([template], 'AWS::IAM::Policy'))
        .filter(({ id }) => id.startsWith(role))
        .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
        .filter(
          ({ Action, Resource }) =>
            list(Action).includes('dynamodb:PutItem') && JSON.stringify(Resource).includes('TablesControl'),
        )
        .map(({ Condition }) => Condition?.['ForAllValues:StringLike']);
    expect(under('RegistryRole')).toEqual([{ 'dynamodb:LeadingKeys': ['accounts#*', 'key#*'] }]);
    expect(under('ScenariosRole')).toEqual([{ 'dynamodb:LeadingKeys': ['accounts#*'] }]);
  });

  it('settling effects, but tools with effects', () => {
    expect(holders('dynamodb:PutItem', 'Effects')).toEqual(['ToolIssueRefund']);
    expect(holders('dynamodb:DeleteItem', 'Effects')).toEqual([]);
  });
});

describe('mailboxes', () => {
  it('are filled by one function, and read by one other, which can write nothing of an intent', () => {
    expect(holders('dynamodb:PutItem', 'Mailboxes')).toEqual(['Deliver']);
    expect(holders('dynamodb:Query', 'Mailboxes')).toEqual(['Streams']);
    for (const action of ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'])
      expect(holders(action, 'Intents')).not.toContain('Streams');
  });
});

describe('rights in general', () => {
  it('name each action in full', () => {
    const short = rights
      .flatMap(({ actions }) => actions)
      .filter((action) => !/^[a-z0-9]+:[A-Z][A-Za-z]+$/.test(action));
    expect([...new Set(short)]).toEqual(['kms:*']);
  });

  it('call functions by their alias only', () => {
    const called = rights.filter(({ actions }) => actions.includes('lambda:InvokeFunction'));
    const text = JSON.stringify(called.map(({ resources }) => resources));
    expect(text).not.toContain('Fn::GetAtt');
    expect(text.match(/"Ref":"[A-Za-z0-9]*Live[A-Za-z0-9]*"/g)?.length).toBe(text.match(/"Ref"/g)?.length);
  });
});

// What the local AWS does not check, `npm run test:iam` cannot show: these hold the templates to it.

/** `Steps` for the alias of functions/steps, wherever it is referred to: in the parent or as a parameter of a nested stack. */
const aliasOf = (reference: { Ref: string }): string => {
  const given = resourcesOf(templates, 'AWS::CloudFormation::Stack').map(
    ({ Properties }) => Properties.Parameters?.[reference.Ref]?.Ref as string | undefined,
  );
  return (given.find((ref) => ref !== undefined) ?? reference.Ref).replace(/Live[0-9A-F]{8}$/, '');
};
const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);
const thisAccount = { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } };

function onlyOne(among: readonly Template[], type: string) {
  const [found, ...more] = resourcesOf(among, type);
  if (!found || more.length > 0) throw new Error(`${more.length + 1} resources of ${type}`);
  return found;
}

/** Statements of the role's own policy. */
const statementsOf = (template: Template, role: string) =>
  resourcesOf([template], 'AWS::IAM::Policy')
    .filter(({ Properties }) => Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === role))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);

describe('who may take which role', () => {
  const trusted = () =>
    resourcesOf(templates, 'AWS::IAM::Role').map(({ id, Properties }) => {
      const statements = Properties.AssumeRolePolicyDocument.Statement;
      expect(statements, id).toHaveLength(1);
      expect(statements[0], id).toMatchObject({ Action: 'sts:AssumeRole', Effect: 'Allow' });
      return { id, service: statements[0].Principal.Service, condition: statements[0].Condition };
    });

  it('functions: Lambda', () => {
    const functions = resourcesOf(templates, 'AWS::Lambda::Function').map(
      ({ Properties }) => Properties.Role['Fn::GetAtt'][0],
    );
    const lambda = trusted().filter(({ service }) => service === 'lambda.amazonaws.com');
    expect(lambda.map(({ id }) => id).sort()).toEqual(functions.sort());
  });

  it('state machines and schedules: their service, for this account only; nobody else takes any', () => {
    const others = trusted().filter(({ service }) => service !== 'lambda.amazonaws.com');
    expect(others.map(({ service }) => service).sort()).toEqual([
      'scheduler.amazonaws.com',
      'scheduler.amazonaws.com',
      ...[...intentTypes, 'delegation', 'procedure'].map(() => 'states.amazonaws.com'),
    ]);
    for (const { id, condition } of others) expect(condition, id).toEqual(thisAccount);
  });
});

describe('what services may do', () => {
  const onEverything = (word: string) =>
    wildcards.find(({ reason }) => reason.includes(word))?.actions ?? expect.fail(`no wildcard about ${word}`);

  const machines = [...intentTypes.map(machineOfType), machineOfDelegation, machineOfProcedure];
  it.each(machines.map((machine) => [machine.name, machine] as const))(
    'the state machine of %s: call steps and its own tools, write its logs and traces',
    (name, { effects }) => {
      const found = templates.find(
        ({ Resources }) =>
          Object.values(Resources).some(({ Type }) => Type === 'AWS::StepFunctions::StateMachine') &&
          JSON.stringify(Resources).includes(`A run of ${name} `),
      ) as Template;
      const machine = onlyOne([found], 'AWS::StepFunctions::StateMachine');
      const statements = statementsOf(found, machine.Properties.RoleArn['Fn::GetAtt'][0]);
      const [invoke, rest, ...more] = statements;
      expect(more).toEqual([]);
      expect(invoke).toMatchObject({ Effect: 'Allow', Action: 'lambda:InvokeFunction' });
      expect(list(invoke.Resource).map(aliasOf).sort()).toEqual(
        ['Steps', ...effects.map(({ name }) => `Tool${pascalCase(name)}`)].sort(),
      );
      expect(rest.Resource).toBe('*');
      expect(rest.Action.sort()).toEqual([...onEverything('log deliveries'), ...onEverything('Tracing')].sort());
    },
  );

  it('each schedule: call its function', () => {
    const [main] = templates as [Template];
    const called = resourcesOf(templates, 'AWS::Scheduler::Schedule').map(({ Properties: { Target } }) => {
      const [invoke, ...more] = statementsOf(main, Target.RoleArn['Fn::GetAtt'][0]);
      expect(more).toEqual([]);
      expect(invoke).toEqual({ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: Target.Arn });
      return aliasOf(invoke.Resource);
    });
    expect(called.sort()).toEqual(['Checkpoint', 'Sweep']);
  });

  it('API Gateway: call the functions behind the routes, from this API only; nobody else but the bus calls any', () => {
    const all = resourcesOf(templates, 'AWS::Lambda::Permission').map(({ Properties }) => Properties);
    const permissions = all.filter(({ Principal }) => Principal !== 'events.amazonaws.com');
    const api = onlyOne(templates, 'AWS::ApiGatewayV2::Api');
    const called = permissions.map(({ Action, Principal, FunctionName, SourceArn }) => {
      expect({ Action, Principal }).toEqual({ Action: 'lambda:InvokeFunction', Principal: 'apigateway.amazonaws.com' });
      const parts = SourceArn['Fn::Join'][1];
      expect(parts.at(-2)).toEqual({ Ref: api.id });
      return `${aliasOf(FunctionName)} ${parts.at(-1)}`;
    });
    expect(called.sort()).toEqual([
      'Api /*/*',
      'Approvals /*/*/a/{proxy+}',
      'Decisions /*/*/v1/decisions',
      'Decisions /*/*/v1/decisions/{proxy+}',
      'Inbox /*/*/inbox',
      'Inbox /*/*/inbox/{proxy+}',
      'Inbox /*/*/v1/sign-in',
      'Inbox /*/*/v1/sign-in/{proxy+}',
      'Inbox /*/*/v1/sign-out',
      'Inbox /*/*/v1/sign-out/{proxy+}',
      'Media /*/*/files/{proxy+}',
      'Media /*/*/v1/media/{proxy+}',
      'Registry /*/*/v1/agents',
      'Registry /*/*/v1/capabilities',
      'Registry /*/*/v1/capabilities/{proxy+}',
      'Registry /*/*/v1/openapi.json',
      'Registry /*/*/v1/openapi.json/{proxy+}',
      'Registry /*/*/v1/service-accounts',
      'Registry /*/*/v1/service-accounts/{proxy+}',
      'Scenarios /*/*/v1/scenarios/{proxy+}',
      'Scim /*/*/scim/v2/{proxy+}',
      'Streams /*/*/v1/agents/{proxy+}',
      'Streams /*/*/v1/intents/{id}/events/stream',
      'Tasks /*/*/v1/approvals/{proxy+}',
      'Tasks /*/*/v1/directory/{proxy+}',
      'Tasks /*/*/v1/inbox/{proxy+}',
      'Tasks /*/*/v1/me/{proxy+}',
      'Tasks /*/*/v1/tasks',
      'Tasks /*/*/v1/tasks/{proxy+}',
      'View /*/*/r/{proxy+}',
    ]);
  });

  it('the event bus: call one function, and park what it can’t deliver, by its one rule only', () => {
    const rule = onlyOne(templates, 'AWS::Events::Rule');
    const SourceArn = { 'Fn::GetAtt': [rule.id, 'Arn'] };
    const all = resourcesOf(templates, 'AWS::Lambda::Permission').map(({ Properties }) => Properties);
    const [permission, ...more] = all.filter(({ Principal }) => Principal === 'events.amazonaws.com');
    expect(more).toEqual([]);
    expect(permission).toMatchObject({ Action: 'lambda:InvokeFunction', SourceArn });
    expect(aliasOf(permission?.FunctionName)).toBe('MailEvents');
    const statements = resourcesOf(templates, 'AWS::SQS::QueuePolicy').flatMap(
      ({ Properties }) => Properties.PolicyDocument.Statement,
    );
    const parks = statements.filter(({ Effect }) => Effect === 'Allow');
    expect(parks).toMatchObject([
      {
        Action: 'sqs:SendMessage',
        Principal: { Service: 'events.amazonaws.com' },
        Condition: { ArnEquals: { 'aws:SourceArn': SourceArn } },
      },
    ]);
  });

  it('event sources: read their own queue or stream with the role of the function that they call', () => {
    const sources = resourcesOf(templates, 'AWS::Lambda::EventSourceMapping').map(({ Properties }) => {
      const [id, attribute] = Properties.EventSourceArn['Fn::GetAtt'];
      const alias = JSON.stringify(Properties.FunctionName).match(/"Ref":"([A-Za-z0-9]+?)Live/)?.[1];
      const reading = (action: string) => rights.filter(({ actions }) => actions.includes(action));
      const readers = reading(attribute === 'Arn' ? 'sqs:ReceiveMessage' : 'dynamodb:GetRecords').filter(
        ({ resources }) => JSON.stringify(resources) === JSON.stringify([Properties.EventSourceArn]),
      );
      return [
        alias,
        id.replace(/[0-9A-F]{8}$/, ''),
        ...readers.flatMap(({ holder, actions }) => [holder.replace(/RoleDefault.*/, ''), ...actions]),
      ];
    });
    expect(holders('sqs:ReceiveMessage')).toEqual(['Deliver', 'Mail', 'Runs']);
    const polls = ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];
    expect(sources).toEqual([
      ['Runs', 'RunsQueue', 'Runs', ...polls],
      ['Mail', 'MailQueue', 'Mail', ...polls],
      ['Deliver', 'DeliverQueue', 'Deliver', ...polls],
      [
        'Dispatch',
        'TablesIntents',
        'Dispatch',
        'dynamodb:DescribeStream',
        'dynamodb:GetRecords',
        'dynamodb:GetShardIterator',
      ],
    ]);
  });

  it('queues and keys: nobody from outside the account', () => {
    const policies = [
      ...resourcesOf(templates, 'AWS::SQS::QueuePolicy').map(({ Properties }) => Properties.PolicyDocument),
      ...resourcesOf(templates, 'AWS::KMS::Key').map(({ Properties }) => Properties.KeyPolicy),
    ];
    const allows = policies.flatMap(({ Statement }) => Statement).filter(({ Effect }) => Effect === 'Allow');
    const root = {
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::', { Ref: 'AWS::AccountId' }, ':root']],
    };
    const bus = allows.filter(({ Principal }) => Principal.Service);
    expect(bus.map(({ Principal }) => Principal)).toEqual([{ Service: 'events.amazonaws.com' }]);
    expect(allows).toHaveLength(resourcesOf(templates, 'AWS::KMS::Key').length + bus.length);
    for (const { Principal } of allows.filter((one) => !bus.includes(one))) expect(Principal).toEqual({ AWS: root });
  });
});
