/** The bare sample of the benchmark: a template like any other, and built as Holdpoint is. */

import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, expect, inject, it } from 'vitest';
import { BareStack } from '../../bench/bare/stack.ts';
import { parseConfig } from '../../infra/config.ts';
import { functionSettings } from '../../infra/settings.ts';

let template: Template;
beforeAll(() => {
  const app = new App({
    outdir: join(inject('synthFolder'), 'bare'),
    context: { 'aws:cdk:bundling-stacks': [] },
  });
  const directory = { people: [{ id: 'ada', name: 'Ada', mail: 'ada@example.com', roles: [] }] };
  const given = { sender: 'a@example.com', providerUrl: 'https://api.stripe.com', directory };
  template = Template.fromStack(new BareStack(app, 'Bare', { config: parseConfig(given, 'test') }));
});

it('has functions of the same runtime and memory, called by an alias', () => {
  const functions = Object.values(template.findResources('AWS::Lambda::Function')).map(({ Properties }) => Properties);
  expect(functions).toHaveLength(4);
  for (const one of functions) expect(one).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
  const { api, mail } = functionSettings;
  expect(new Set(functions.map(({ MemorySize }) => MemorySize))).toEqual(
    new Set([api.memoryMegabytes, mail.memoryMegabytes]),
  );
  template.resourceCountIs('AWS::Lambda::Alias', 4);
});

it('waits by a task token in one state, and pays in one', () => {
  const machines = Object.values(template.findResources('AWS::StepFunctions::StateMachine'));
  const texts = machines.map(({ Properties }) => JSON.stringify(Properties.DefinitionString));
  expect(texts.filter((text) => text.includes('waitForTaskToken'))).toHaveLength(1);
  expect(texts).toHaveLength(2);
  for (const text of texts) expect(text.match(/\\"Type\\":\\"Task\\"/g)).toHaveLength(1);
});

it('answers three routes', () => {
  const routes = Object.values(template.findResources('AWS::ApiGatewayV2::Route'));
  expect(routes.map(({ Properties }) => Properties.RouteKey).sort()).toEqual([
    'POST /approvals',
    'POST /approvals/{id}',
    'POST /refunds',
  ]);
});
