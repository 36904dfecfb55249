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
    ['events:PutEvents', 'Announce'],
  ])('%s: %s', (action, holder) => {
    expect(holders(action)).toEqual([holder]);
  });

  it('secrets of webhooks: who keeps one can’t read it, who signs with one can’t make it', () => {
    expect(holders('kms:Encrypt')).toEqual(['Bindings', 'Webhooks']);
    expect(holders('kms:Decrypt')).toEqual(['Callbacks', 'Push']);
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
    for (const action of ['dynamodb:PutItem', 'dynamodb:DeleteItem'])
      expect(holders(action)).not.toContain('Decisions');
    // It counts what its callers ask.
    const updates = rights.filter(
      ({ actions, holder }) => /^Decisions/.test(holder) && actions.includes('dynamodb:UpdateItem'),
    );
    expect(updates.map(({ resources }) => JSON.stringify(resources))).toEqual([
      expect.stringContaining('TablesMeters'),
    ]);
  });

  it('writing in Control, but four functions, each its own rows: accounts and keys, accounts alone, the count of subscriptions, stops and caps of agents', () => {
    expect(holders('dynamodb:PutItem', 'Control')).toEqual(['Mesh', 'Registry', 'Scenarios']);
    expect(holders('dynamodb:UpdateItem', 'Control')).toEqual(['Registry', 'Webhooks']);
    expect(holders('dynamodb:DeleteItem', 'Control')).toEqual(['Mesh']);
    const writing = (holder: string, action: string) =>
      templates
        .flatMap((template) => resourcesOf([template], 'AWS::IAM::Policy'))
        .filter(({ id }) => id.startsWith(holder))
        .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
        .filter(({ Action, Resource }) => list(Action).includes(action) && JSON.stringify(Resource).includes('Control'))
        .map(({ Condition }) => Condition);
    const onlyKeys = (...keys: string[]) => [{ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys } }];
    expect(writing('RegistryRole', 'dynamodb:PutItem')).toEqual(
      onlyKeys('accounts#*', 'key#*', 'users#*', 'invites#*', 'schemas#*'),
    );
    expect(writing('WebhooksRole', 'dynamodb:UpdateItem')).toEqual(onlyKeys('listens#*'));
    expect(writing('ScenariosRole', 'dynamodb:PutItem')).toEqual(onlyKeys('accounts#*'));
    expect(writing('MeshRole', 'dynamodb:PutItem')).toEqual(onlyKeys('stop#agent#*'));
  });

  it('removing what intents owe, but who commits that it is done, or pays it', () => {
    expect(holders('dynamodb:DeleteItem', 'Intents')).toEqual([
      ...['Announce', 'Api', 'Bindings', 'Deliver', 'Mail', 'Mcp', 'Push', 'Runs', 'Steps', 'Tasks'],
      'ToolIssueRefund',
    ]);
  });

  it('settling effects, but tools with effects', () => {
    expect(holders('dynamodb:PutItem', 'Effects')).toEqual(['ToolIssueRefund']);
    expect(holders('dynamodb:DeleteItem', 'Effects')).toEqual([]);
  });
});

/** Keys that the roles of these functions are held to where they do this on a table. */
const conditionsOf = (action: string, on: string, functions: readonly string[]) =>
  functions.map((name) =>
    templates
      .flatMap((template) => resourcesOf([template], 'AWS::IAM::Policy'))
      .filter(({ id }) => id.startsWith(`${name}Role`))
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .filter(
        ({ Action, Resource }) => list(Action).includes(action) && JSON.stringify(Resource).includes(`"Tables${on}`),
      )
      .flatMap(({ Condition }) => Condition?.['ForAllValues:StringLike']['dynamodb:LeadingKeys'] ?? ['anything']),
  );

describe('mailboxes', () => {
  it('are filled by the function that delivers and by two doors; those that bind and push write beside them, and of intents what is owed to mailboxes', () => {
    for (const action of ['dynamodb:UpdateItem', 'dynamodb:DeleteItem'])
      expect(conditionsOf(action, 'Intents', ['Bindings', 'Push'])).toEqual([['*#push:*'], ['*#push:*']]);
    expect(holders('dynamodb:PutItem', 'Intents')).not.toContain('Bindings');
    // Where entries go, nobody says who only delivers or shows them.
    expect(conditionsOf('dynamodb:PutItem', 'Mailboxes', ['Deliver'])).toEqual([['*#mailbox#*']]);
    expect(conditionsOf('dynamodb:UpdateItem', 'Mailboxes', ['Streams'])).toEqual([['held#*']]);

    expect(holders('dynamodb:PutItem', 'Mailboxes')).toEqual(['Api', 'Bindings', 'Deliver', 'Push', 'Tasks']);
    expect(conditionsOf('dynamodb:PutItem', 'Mailboxes', ['Bindings', 'Push'])).toEqual([
      ['*#binding#*'],
      ['*#binding#*'],
    ]);
    expect(holders('dynamodb:Query', 'Mailboxes')).toEqual(['Bindings', 'Push', 'Streams', 'Tasks']);
    for (const action of ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'])
      expect(holders(action, 'Intents')).not.toContain('Streams');
  });
});

describe('what the configuration names as internal targets', () => {
  const place = 'eu-west-1:123456789012';
  const named = {
    'lambda:InvokeFunction': [
      `arn:aws:lambda:${place}:function:packer`,
      `arn:aws:lambda:${place}:function:sorter:live`,
    ],
    'sqs:SendMessage': [`arn:aws:sqs:${place}:packer`, `arn:aws:sqs:${place}:packer.fifo`],
    'events:PutEvents': [`arn:aws:events:${place}:event-bus/shop`],
  };
  /** Each right for itself: who, what, on what. */
  const each = (all: Allowed[]) =>
    new Set(
      all.flatMap(({ holder, actions, resources }) =>
        actions.flatMap((action) =>
          resources.map(
            (resource) => `${holder.replace(/RoleDefaultPolicy.*/, '')} ${action} ${JSON.stringify(resource)}`,
          ),
        ),
      ),
    );

  it('is reached by the function that pushes, each by the one right that it takes; nobody gets anything else', async () => {
    const { templates: reaching } = await synthesize({ internalTargets: Object.values(named).flat() });
    const [before, now] = [each(rights), each(allowed(reaching))];
    const more = [...now].filter((right) => !before.has(right));
    const expected = Object.entries(named).flatMap(([action, arns]) => arns.map((arn) => `Push ${action} "${arn}"`));
    expect(more.sort()).toEqual(expected.sort());
    expect([...before].filter((right) => !now.has(right))).toEqual([]);
  });

  it('is a function, a queue or a bus; a deployment that names anything else is refused', async () => {
    await expect(async () => synthesize({ internalTargets: [`arn:aws:sns:${place}:topic`] })).rejects.toThrow(
      /an ARN of a function, a queue or a bus/,
    );
  });
});

describe('subscriptions', () => {
  it('are kept by a function that can’t sign, and sent to by one that sees nothing of intents', () => {
    for (const table of ['Intents', 'Effects', 'Audit', 'People', 'Control', 'Mailboxes'])
      for (const action of ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem'])
        expect(holders(action, table), `${action} ${table}`).not.toContain('Callbacks');
    expect(holders('dynamodb:GetItem', 'Webhooks')).toEqual(['Callbacks', 'Webhooks']);
    expect(holders('dynamodb:PutItem', 'Webhooks')).toEqual(['Announce', 'Callbacks', 'Webhooks']);
    for (const action of ['dynamodb:PutItem', 'dynamodb:UpdateItem'])
      expect(holders(action, 'Intents')).not.toContain('Announce');
  });
});

describe('the door for MCP clients', () => {
  it('may take places to wait in, and read nobody’s mailbox; it knows no people', () => {
    expect(holders('dynamodb:UpdateItem', 'Mailboxes')).toEqual(['Bindings', 'Mcp', 'Push', 'Streams']);
    for (const action of ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem'])
      expect(holders(action, 'Mailboxes')).not.toContain('Mcp');
    for (const action of ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem'])
      expect(holders(action, 'People')).not.toContain('Mcp');
    expect(holders('dynamodb:UpdateItem', 'Intents')).not.toContain('Mcp');
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
      // One for each of its methods.
      ...['PUT', 'POST', 'DELETE'].map(() => 'Bindings /*/*/v1/agents/{proxy+}'),
      'Bindings /*/*/v1/intents/{id}/deliveries/{proxy+}',
      'Decisions /*/*/v1/decisions',
      'Decisions /*/*/v1/decisions/{proxy+}',
      'Inbox /*/*/inbox',
      'Inbox /*/*/inbox/{proxy+}',
      'Inbox /*/*/v1/sign-in',
      'Inbox /*/*/v1/sign-in/{proxy+}',
      'Inbox /*/*/v1/sign-out',
      'Inbox /*/*/v1/sign-out/{proxy+}',
      'Mcp /*/*/mcp',
      'Mcp /*/*/mcp/{proxy+}',
      'Media /*/*/files/{proxy+}',
      'Media /*/*/v1/intents/{id}/resume-state',
      'Media /*/*/v1/intents/{id}/resume-state/{proxy+}',
      'Media /*/*/v1/media/{proxy+}',
      'Mesh /*/*/v1/mesh/{proxy+}',
      'Registry /*/*/v1/agents',
      'Registry /*/*/v1/capabilities',
      'Registry /*/*/v1/capabilities/{proxy+}',
      'Registry /*/*/v1/invites/{proxy+}',
      'Registry /*/*/v1/openapi.json',
      'Registry /*/*/v1/openapi.json/{proxy+}',
      'Registry /*/*/v1/schemas',
      'Registry /*/*/v1/schemas/{proxy+}',
      'Registry /*/*/v1/service-accounts',
      'Registry /*/*/v1/service-accounts/{proxy+}',
      'Registry /*/*/v1/users/{proxy+}',
      'Scenarios /*/*/v1/scenarios/{proxy+}',
      'Scim /*/*/scim/v2/{proxy+}',
      'Streams /*/*/v1/agents/{proxy+}',
      'Streams /*/*/v1/intents/{id}/events/stream',
      'Streams /*/*/v1/intents/{id}/events/stream/{proxy+}',
      'Tasks /*/*/v1/approvals/{proxy+}',
      'Tasks /*/*/v1/directory/{proxy+}',
      'Tasks /*/*/v1/inbox',
      'Tasks /*/*/v1/inbox/{proxy+}',
      'Tasks /*/*/v1/me/{proxy+}',
      'Tasks /*/*/v1/tasks',
      'Tasks /*/*/v1/tasks/{proxy+}',
      'View /*/*/r/{proxy+}',
      'Webhooks /*/*/v1/webhooks/{proxy+}',
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
    expect(holders('sqs:ReceiveMessage')).toEqual(['Announce', 'Callbacks', 'Deliver', 'Mail', 'Push', 'Runs']);
    const polls = ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];
    expect(sources).toEqual([
      ['Runs', 'RunsQueue', 'Runs', ...polls],
      ['Mail', 'MailQueue', 'Mail', ...polls],
      ['Deliver', 'DeliverQueue', 'Deliver', ...polls],
      // It has its own messages come again.
      ['Push', 'PushQueue', 'Push', ...polls, 'sqs:SendMessage'],
      ['Announce', 'AnnounceQueue', 'Announce', ...polls],
      ['Callbacks', 'CallbacksQueue', 'Callbacks', ...polls],
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
