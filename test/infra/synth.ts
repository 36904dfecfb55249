import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, type Stack } from 'aws-cdk-lib';
import { inject } from 'vitest';
import { type Config, parseConfig } from '../../infra/config.ts';
import { HoldpointStack } from '../../infra/holdpoint-stack.ts';
import { loadTools } from '../../infra/tools.ts';
import { intentTypes } from '../../intents/index.ts';

const root = join(import.meta.dirname, '..', '..');

/** One resource of a template. */
export interface Resource {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template's properties are whatever CloudFormation takes
  Properties: any;
  DependsOn?: string[];
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}

/** A synthesized template, and the file it is in. */
export interface Template {
  name: string;
  file: string;
  Resources: Record<string, Resource>;
  // biome-ignore lint/suspicious/noExplicitAny: values are CloudFormation's functions
  Outputs?: Record<string, { Value: any }>;
}

/** What came of a synthesis. */
type Synthesized = Awaited<ReturnType<typeof build>>;

const known = new Map<string, Promise<Synthesized>>();

/**
 * Synthesizes the stack as `cdk synth` does, but without bundling the functions; the same once only.
 *
 * @param prepare adds to the app before it is synthesized; then it is one of its own
 */
export function synthesize(overrides: Partial<Config> = {}, prepare?: (app: App) => void): Promise<Synthesized> {
  if (prepare) return build(overrides, prepare);
  const key = JSON.stringify(parseConfig({ ...givenConfig(), ...overrides }, 'test'));
  const synthesized = known.get(key) ?? build(overrides, () => undefined);
  known.set(key, synthesized);
  return synthesized;
}

/** A door for events, as a deployment may declare it. */
export const withDoor: Pick<Config, 'events'> = {
  events: {
    bus: ['acme/shop'],
    doors: [
      {
        name: 'orders',
        bus: 'holdpoint',
        pattern: { source: ['shop.orders'], detail: { cents: [{ numeric: ['>', 100] }] } },
        tenant: 'acme/shop',
        agent: 'orders',
        key: '$.id',
        intent: { intent_type: 'intent.refund.v1', payload: { order_id: '$.detail.order' } },
      },
    ],
  },
};

/** The text of each function's bundle, by the function's name, as it would be deployed. */
export async function bundles(): Promise<Record<string, string>> {
  const { app, templates } = await build(withDoor, () => undefined, {});
  const found = resourcesOf(templates, 'AWS::Lambda::Function').map(({ Properties }) => {
    const asset = join(app.outdir, `asset.${Properties.Code.S3Key.replace(/\.zip$/, '')}`);
    return [Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME, readFileSync(join(asset, 'index.js'), 'utf8')];
  });
  return Object.fromEntries(found);
}

const readJson = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'));
const givenConfig = () => readJson('holdpoint.config.json');

const unbundled = { 'aws:cdk:bundling-stacks': [] };

async function build(overrides: Partial<Config>, prepare: (app: App) => void, context: object = unbundled) {
  const app = new App({
    outdir: mkdtempSync(join(inject('synthFolder'), 'app-')),
    context: { ...readJson('cdk.json').context, ...context },
  });
  const config = parseConfig({ ...givenConfig(), ...overrides }, 'test');
  const stack = new HoldpointStack(app, 'Holdpoint', { config, intentTypes, tools: await loadTools(intentTypes) });
  prepare(app);
  const { directory } = app.synth();
  const templates = stacksOf(stack).map((one) => {
    const file = join(directory, one.templateFile);
    return { name: one.node.path, file, ...JSON.parse(readFileSync(file, 'utf8')) } as Template;
  });
  return { app, stack, templates };
}

function stacksOf(stack: Stack): Stack[] {
  return stack.node.findAll().filter((construct): construct is Stack => 'templateFile' in construct);
}

/** All resources of a type in all templates, with their logical id. */
export function resourcesOf(templates: readonly Template[], type: string): (Resource & { id: string })[] {
  return templates.flatMap((template) =>
    Object.entries(template.Resources)
      .filter(([, resource]) => resource.Type === type)
      .map(([id, resource]) => ({ id, ...resource })),
  );
}

/** An Allow statement of a policy, and the logical id of whose policy it is. */
export interface Allowed {
  holder: string;
  actions: string[];
  resources: unknown[];
}

const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** Everything that any policy of any kind allows. */
export function allowed(templates: readonly Template[]): Allowed[] {
  const found: Allowed[] = [];
  const visit = (holder: string, value: unknown): void => {
    if (value === null || typeof value !== 'object') return;
    // biome-ignore lint/suspicious/noExplicitAny: looked at field by field
    const statement = value as any;
    if (statement.Effect === 'Allow' && statement.Action) {
      found.push({ holder, actions: list(statement.Action), resources: list(statement.Resource ?? []) });
    }
    for (const inner of Object.values(value)) visit(holder, inner);
  };
  for (const template of templates) {
    for (const [id, resource] of Object.entries(template.Resources)) visit(id, resource.Properties);
  }
  return found;
}

/** The literal text of a value: what stands in it beside references. */
export function literalText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || typeof value !== 'object') return '';
  if ('Ref' in value || 'Fn::GetAtt' in value) return '';
  return Object.values(value).map(literalText).join('');
}
