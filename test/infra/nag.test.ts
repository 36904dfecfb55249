import { type App, type Stack, Validations } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import type { IConstruct, MetadataEntry } from 'constructs';
import { describe, expect, it } from 'vitest';
import { synthesize } from './synth.ts';

const packs = (app: App) => [new AwsSolutionsChecks(app), new ServerlessChecks(app)];
const withPacks = (app: App) => Validations.of(app).addPlugins(...packs(app));

const acknowledgedKey = Validations.ACKNOWLEDGED_RULES_METADATA_KEY;

/** Every acknowledgement below a construct. */
const acknowledgements = (scope: IConstruct) =>
  scope.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === acknowledgedKey)
      .flatMap(({ data }) => Object.entries(data as Record<string, string>))
      .map(([key, reason]) => ({ rule: key.replace(/^annotation::/i, ''), reason, path: node.path })),
  );

/** What the packs find, by rule, with the paths of the resources. */
function findings(app: App, scope: IConstruct): Map<string, string[]> {
  const violations = packs(app).flatMap((pack) => pack.validateScope(scope).violations);
  return new Map(
    violations.map(({ ruleName, violatingResources }) => [
      ruleName,
      violatingResources.map(({ constructPath }) => constructPath ?? ''),
    ]),
  );
}

describe('cdk-nag', () => {
  it.each(['kept', 'disposable'] as const)('finds nothing that is not acknowledged on a %s stage', async (stage) => {
    const { app, stack } = await synthesize({ stage }, withPacks);
    expect([...findings(app, stack)]).toEqual([]);
  });

  it('would stop the synthesis: a bad queue does', async () => {
    const withBadQueue = (app: App) => {
      new Queue(app.node.findChild('Holdpoint') as Stack, 'Bad');
      withPacks(app);
    };
    await expect(synthesize({}, withBadQueue)).rejects.toThrow('AwsSolutions-SQS3');
  });

  it('needs every acknowledgement, and each says why', async () => {
    // One of its own: it is changed below.
    const { app, stack } = await synthesize({}, () => undefined);
    const acknowledged = acknowledgements(stack);
    forgetAcknowledgements(stack);
    const open = findings(app, stack);
    const fires = (rule: string, path: string) => open.get(rule)?.some((found) => found.startsWith(path));
    expect(acknowledged.filter(({ rule, path }) => !fires(rule, path))).toEqual([]);
    expect(acknowledged.filter(({ reason }) => reason.length < 20)).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(0);
  });
});

function forgetAcknowledgements(scope: IConstruct): void {
  for (const { node } of scope.node.findAll()) {
    // There is no public way to take metadata away.
    const entries = (node as unknown as { _metadata?: MetadataEntry[] })._metadata ?? [];
    entries.splice(0, entries.length, ...entries.filter(({ type }) => type !== acknowledgedKey));
  }
}
