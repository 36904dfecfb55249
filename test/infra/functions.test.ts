import { beforeAll, describe, expect, it } from 'vitest';
import { loadTools } from '../../infra/tools.ts';
import { intentTypes } from '../../intents/index.ts';
import { maxHoldSeconds } from '../../wire/streams.ts';
import { type Resource, resourcesOf, synthesize, type Template } from './synth.ts';

let templates: Template[];
let functions: (Resource & { id: string })[];
const nameOf = (one: Resource): string => one.Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME;
const named = (name: string) => functions.find((one) => nameOf(one) === name);

beforeAll(async () => {
  ({ templates } = await synthesize());
  functions = resourcesOf(templates, 'AWS::Lambda::Function');
});

describe('functions', () => {
  it('are the ones of the design', () => {
    const names = [
      'announce',
      'api',
      'approvals',
      'bindings',
      'callbacks',
      'checkpoint',
      'decisions',
      'deliver',
      'dispatch',
      'guard',
      'inbox',
      'issue_refund',
      'mail',
      'mail-events',
      'mcp',
      'media',
      'mesh',
      'push',
      'read_charge',
      'registry',
      'runs',
      'scenarios',
      'scim',
      'steps',
      'streams',
      'sweep',
      'tasks',
      'view',
      'webhooks',
    ];
    expect(functions.map(nameOf).sort()).toEqual(names);
  });

  it('run Node 24 on arm64, traced, with JSON logs, memory and timeout of their own', () => {
    for (const { id, Properties } of functions) {
      expect(Properties, id).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        TracingConfig: { Mode: 'Active' },
        LoggingConfig: { LogFormat: 'JSON', ApplicationLogLevel: 'INFO' },
        MemorySize: expect.any(Number),
        Timeout: expect.any(Number),
      });
    }
  });

  it('have a role each', () => {
    const roles = functions.map(({ Properties }) => Properties.Role['Fn::GetAtt'][0]);
    expect(new Set(roles).size).toBe(functions.length);
  });

  it('know what they are called, and load no source maps while they start', () => {
    for (const one of functions) {
      const variables = one.Properties.Environment.Variables;
      expect(variables).toMatchObject({ POWERTOOLS_METRICS_NAMESPACE: 'Holdpoint', AWS_SDK_UA_APP_ID: nameOf(one) });
      expect(variables).not.toHaveProperty('NODE_OPTIONS');
    }
  });

  it('have an alias `live` that follows the newest version, and nothing calls them by another way', () => {
    const aliases = resourcesOf(templates, 'AWS::Lambda::Alias');
    expect(aliases.map(({ Properties }) => Properties.Name)).toEqual(functions.map(() => 'live'));
    for (const { Properties } of resourcesOf(templates, 'AWS::Lambda::Permission')) {
      expect(Properties.FunctionName.Ref).toMatch(/Live/);
    }
    for (const { Properties } of resourcesOf(templates, 'AWS::Lambda::EventSourceMapping')) {
      expect(JSON.stringify(Properties.FunctionName)).toMatch(/:live"/);
    }
    for (const { Properties } of resourcesOf(templates, 'AWS::Scheduler::Schedule')) {
      expect(Properties.Target.Arn.Ref).toMatch(/Live/);
    }
  });

  it('have the timeout of their contract if they are tools; a step outlives the evidence that it reads', async () => {
    const tools = await loadTools(intentTypes);
    for (const { contract } of tools) {
      expect(named(contract.name)?.Properties.Timeout).toBe(contract.functionTimeoutSeconds);
      if (contract.effectClass === 'read') {
        expect(named('steps')?.Properties.Timeout).toBeGreaterThan(contract.functionTimeoutSeconds);
      }
    }
  });
});

describe('functions that hold requests', () => {
  const functionsOf = async (config: object) =>
    resourcesOf((await synthesize(config)).templates, 'AWS::Lambda::Function');
  const streamsOf = async (config: object) =>
    (await functionsOf(config)).find((one) => nameOf(one) === 'streams')?.Properties;

  it('end before the gateway gives up, and are small: they cost by their size while they wait', async () => {
    const properties = await streamsOf({});
    expect(properties?.Timeout).toBeGreaterThan(maxHoldSeconds);
    expect(properties?.Timeout).toBeLessThan(30);
    expect(properties?.MemorySize).toBeLessThanOrEqual(256);
    expect(properties?.ReservedConcurrentExecutions).toBeUndefined();
  });

  it('are set aside where the configuration says so, for streams and for MCP, which hold together what may be held', async () => {
    const streams = { held: 80, reservedConcurrency: 100, mcpReservedConcurrency: 96 };
    const all = await functionsOf({ streams });
    const reserved = all.filter(({ Properties }) => Properties.ReservedConcurrentExecutions !== undefined);
    expect(
      Object.fromEntries(reserved.map((one) => [nameOf(one), one.Properties.ReservedConcurrentExecutions])),
    ).toEqual({ streams: 100, mcp: 96 });
    expect(reserved.map(({ Properties }) => Properties.Environment.Variables.HELD)).toEqual(['80', '80']);
  });
});

describe.each([
  ['kept', 180, 'Retain'],
  ['disposable', 7, 'Delete'],
] as const)('log groups of a %s stage', (stage, days, deletionPolicy) => {
  it(`keep logs for ${days} days`, async () => {
    const synthesized = await synthesize({ stage });
    const groups = resourcesOf(synthesized.templates, 'AWS::Logs::LogGroup');
    // One for each function and state machine, those of delegation and of procedures too, and the access log.
    expect(groups).toHaveLength(functions.length + intentTypes.length + 3);
    for (const { id, Properties, DeletionPolicy } of groups) {
      expect([Properties.RetentionInDays, DeletionPolicy], id).toEqual([days, deletionPolicy]);
    }
    const logging = resourcesOf(synthesized.templates, 'AWS::Lambda::Function');
    const used = logging.map(({ Properties }) => Properties.LoggingConfig.LogGroup.Ref);
    expect(new Set(used).size).toBe(functions.length);
  });
});
