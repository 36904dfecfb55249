import { beforeAll, describe, expect, it } from 'vitest';
import { wildcards } from '../../infra/wildcards.ts';
import { type Allowed, allowed, literalText, resourcesOf, synthesize, type Template } from './synth.ts';

let templates: Template[];
let wild: Allowed[];

beforeAll(async () => {
  ({ templates } = await synthesize());
  wild = allowed(templates).filter(({ actions, resources }) =>
    [...actions, ...resources.map(literalText)].some((text) => text.includes('*')),
  );
});

describe('infra/wildcards.ts', () => {
  it('lists every action that is allowed on more than named resources', () => {
    const listed = wildcards.flatMap(({ actions }) => actions);
    expect(wild.filter(({ actions }) => actions.some((action) => !listed.includes(action)))).toEqual([]);
    const isListed = (text: string, action: string) =>
      wildcards.some((one) => one.resource === text && one.actions.includes(action));
    const onMany = wild.flatMap(({ actions, resources }) =>
      resources
        .map(literalText)
        .filter((text) => text.includes('*'))
        .map((text) => ({ actions, text })),
    );
    expect(onMany.filter(({ actions, text }) => !actions.every((action) => isListed(text, action)))).toEqual([]);
  });

  it('lists nothing that is not in use, and says why', () => {
    const used = new Set(wild.flatMap(({ actions }) => actions));
    expect(wildcards.flatMap(({ actions }) => actions).filter((action) => !used.has(action))).toEqual([]);
    expect(wildcards.filter(({ reason }) => reason.length < 20)).toEqual([]);
  });

  it('is not got around by a parameter of a nested stack', () => {
    const parameters = resourcesOf(templates, 'AWS::CloudFormation::Stack').map((stack) => stack.Properties.Parameters);
    expect(parameters.map(literalText).join('')).not.toContain('*');
  });

  it('is not got around by a managed policy', () => {
    expect(resourcesOf(templates, 'AWS::IAM::ManagedPolicy')).toEqual([]);
    for (const role of resourcesOf(templates, 'AWS::IAM::Role')) {
      expect(role.Properties.ManagedPolicyArns, role.id).toBeUndefined();
    }
  });
});
